//! See `locus_fuzz::check_bytes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locus_fuzz::check_bytes(data));
