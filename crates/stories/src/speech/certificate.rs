//! X.509 v3 certificates (RFC 5280) in DER (X.690), with an EC key and a signature of random bytes.

use crate::dice::Dice;
use model::Time;

const ECDSA_SHA256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x0A];
const SUBJECT_ALT_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x1D, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x06, 0x03, 0x55, 0x1D, 0x13];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0C;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// What a certificate says.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Common name and alternative name of the subject.
    pub subject: &'a str,
    /// Common name of the issuer; the subject again if self-signed.
    pub issuer: &'a str,
    /// Organisation of the issuer, empty for none.
    pub organisation: &'a str,
}

/// A certificate valid for `days` around `now`, begun `age_days` before.
pub fn certificate(
    names: Names<'_>,
    now: Time,
    age_days: i64,
    days: i64,
    dice: &mut Dice,
) -> Vec<u8> {
    let from = now.floor(Time::DAY).plus(-age_days * Time::DAY);
    let algorithm = element(SEQUENCE, &[ECDSA_SHA256]);
    let mut serial = dice.array::<16>();
    serial[0] = serial[0] & 0x7F | 0x40;
    let body = element(
        SEQUENCE,
        &[
            &element(0xA0, &[&element(INTEGER, &[&[2]])]),
            &element(INTEGER, &[&serial]),
            &algorithm,
            &name(names.issuer, names.organisation),
            &element(SEQUENCE, &[&utc_time(from), &utc_time(from.plus(days * Time::DAY))]),
            &name(names.subject, ""),
            &public_key(dice),
            &extensions(names.subject),
        ],
    );
    element(SEQUENCE, &[&body, &algorithm, &element(BIT_STRING, &[&[0], &signature(dice)])])
}

/// An ECDSA signature (RFC 3279, 2.2.3) of random integers of 32 bytes.
pub fn signature(dice: &mut Dice) -> Vec<u8> {
    let mut integer = || {
        let mut bytes = dice.array::<32>();
        bytes[0] = bytes[0] & 0x7F | 0x01;
        element(INTEGER, &[&bytes])
    };
    let (r, s) = (integer(), integer());
    element(SEQUENCE, &[&r, &s])
}

fn public_key(dice: &mut Dice) -> Vec<u8> {
    let point = dice.array::<64>();
    let algorithm = element(SEQUENCE, &[EC_PUBLIC_KEY, PRIME256V1]);
    element(SEQUENCE, &[&algorithm, &element(BIT_STRING, &[&[0, 4], &point])])
}

fn name(common: &str, organisation: &str) -> Vec<u8> {
    let attribute = |kind: &[u8], value: &str| {
        element(SET, &[&element(SEQUENCE, &[kind, &element(UTF8_STRING, &[value.as_bytes()])])])
    };
    let organisation =
        if organisation.is_empty() { Vec::new() } else { attribute(ORGANISATION, organisation) };
    element(SEQUENCE, &[&organisation, &attribute(COMMON_NAME, common)])
}

fn extensions(subject: &str) -> Vec<u8> {
    let constraints =
        element(SEQUENCE, &[BASIC_CONSTRAINTS, &element(OCTET_STRING, &[&element(SEQUENCE, &[])])]);
    let names = element(SEQUENCE, &[&element(0x82, &[subject.as_bytes()])]);
    let alternative = element(SEQUENCE, &[SUBJECT_ALT_NAME, &element(OCTET_STRING, &[&names])]);
    element(0xA3, &[&element(SEQUENCE, &[&constraints, &alternative])])
}

fn utc_time(time: Time) -> Vec<u8> {
    let text = crate::moment::format(time, "%y%m%d%H%M%SZ");
    element(UTC_TIME, &[text.as_bytes()])
}

/// Tag, length, and the parts as contents.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    match length {
        0..0x80 => out.push(length as u8),
        0x80..0x100 => out.extend_from_slice(&[0x81, length as u8]),
        _ => out.extend_from_slice(&[0x82, (length >> 8) as u8, length as u8]),
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_der() {
        assert_eq!(element(SEQUENCE, &[&[1; 127]])[..2], [0x30, 127]);
        assert_eq!(element(SEQUENCE, &[&[1; 128]])[..3], [0x30, 0x81, 128]);
        assert_eq!(element(SEQUENCE, &[&[1; 200], &[1; 100]])[..4], [0x30, 0x82, 1, 44]);
    }

    #[test]
    fn validity_is_written_as_utc_time() {
        assert_eq!(utc_time(Time::new(1_773_316_800, 0)), *b"\x17\x0d260312120000Z");
    }
}
