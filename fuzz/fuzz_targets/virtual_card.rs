//! A virtual card against a client that sends anything: it always answers 2 to 258 bytes. Input: commands, each one byte
//! of length and that many bytes; length 0, 1, 2 is power off, power on, warm reset.
#![no_main]

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base::{Date, SeededRandom};
use card::virtual_card::{
    BasicAttributes, Behaviour, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

static CARD: LazyLock<VirtualCard> = LazyLock::new(|| {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let pkcs8 = AsDer::<Pkcs8V1Der>::as_der(&pair).expect("its bytes").as_ref().to_vec();
    let key = KeyAndCertificate {
        private_key_pkcs8: Zeroizing::new(pkcs8),
        certificate: vec![0x30, 0x82, 0x00, 0x00],
        ca_certificate: vec![0x30, 0x82, 0x00, 0x00],
    };
    let contents = VirtualCardContents::new(
        key.clone(),
        Some(key),
        "1234",
        "ABC123",
        BasicAttributes {
            name: "試験　花子".into(),
            address: "東京都".into(),
            birth_date: Date::from_days_since_epoch(0),
            sex: b'2',
        },
        FictitiousNumber::from_eleven([1; 11]),
        Date::from_days_since_epoch(20_000),
    );
    let random = Arc::new(SeededRandom::from_seed(1));
    VirtualCard::new(contents, Behaviour::default(), random).expect("a usable key")
});

fuzz_target!(|bytes: &[u8]| {
    let mut card = CARD.clone();
    card.power_on();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first() {
        let (command, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        match length {
            0 => card.power_off(),
            1 => card.power_on(),
            2 => card.warm_reset(),
            _ => assert!((2..=258).contains(&card.transmit(command).len())),
        }
    }
});
