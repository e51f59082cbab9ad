//! The sensor as a whole: frames in, rows and balanced books out.

mod balance;
mod captures;
mod command;
mod extensions;
mod packets;
mod payloads;

mod slices;
