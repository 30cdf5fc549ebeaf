//! The outside world for tests and the demo: synthetic city, J-LIS with OCSP and CRL over real sockets.
pub mod city;
mod python;
pub mod world;

pub use python::python;
