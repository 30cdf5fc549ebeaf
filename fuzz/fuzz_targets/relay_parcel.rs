//! Parcels of the other zone and lines of heads files. Input: a parcel without its signature, which is added, so that
//! the fuzzer reaches what lies behind it; and the same bytes as text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tools::audit::Head;
use tools::relay::Parcel;
use tools::signing::SigningKey;

fuzz_target!(|bytes: &[u8]| {
    let Ok(key) = SigningKey::from_seed([1; 32]) else { return };
    let _ = Parcel::open(bytes, &[key.public()]);
    let name = key.public().name();
    let mut signed = bytes.to_vec();
    signed.extend_from_slice(&(name.len() as u32).to_be_bytes());
    signed.extend_from_slice(name.as_bytes());
    let signature = key.sign("yakuba relay parcel", &signed);
    signed.extend_from_slice(&(signature.len() as u32).to_be_bytes());
    signed.extend_from_slice(&signature);
    if let Ok(parcel) = Parcel::open(&signed, &[key.public()]) {
        assert_eq!(Parcel::open(&parcel.seal(&key), &[key.public()]), Ok(parcel));
    }
    if let Ok(line) = std::str::from_utf8(bytes)
        && let Some(head) = Head::parse(line)
    {
        assert_eq!(Head::parse(&head.line()), Some(head));
    }
});
