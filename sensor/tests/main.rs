//! The sensor as a whole: frames in, rows and balanced books out.

mod balance;
mod canaries;
mod captures;
mod command;
mod extensions;
mod links;
mod packets;
mod payloads;

mod slices;
