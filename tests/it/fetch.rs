//! Weights and data over the network: against local servers that behave, and misbehave, as the Hub
//! and UniProt do.

mod command;
pub mod hub;
mod server;
pub mod uniprot;

use std::time::Duration;

use titer::fetch::Patience;

/// Tries as often as in earnest, and waits for nothing.
const HURRIED: Patience = Patience { attempts: 5, pause: Duration::from_millis(1), longest: Duration::from_millis(20) };

/// An address where nothing listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};

    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
