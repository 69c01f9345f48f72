#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| invariants::delivery(octets));
