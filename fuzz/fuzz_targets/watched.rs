#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smtp_core_fuzz::watched(octets));
