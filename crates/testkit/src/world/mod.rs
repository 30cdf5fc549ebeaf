//! The world outside the city hall, simulated: each peer speaks its real wire format over a real socket.

pub mod centre;
pub mod hospital;
pub mod hospital_fhir;
pub mod jlis;
pub mod library;
mod listener;
pub mod mykey;
pub mod national_portal;
pub mod printer;
pub mod push_service;
pub mod sign_in;
pub mod timestamp;
