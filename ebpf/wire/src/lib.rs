//! Flat no_std header parsing shared by the kernel program and the sensor.
#![no_std]
