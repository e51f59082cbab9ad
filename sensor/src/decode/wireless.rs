//! Frames from the air (IEEE 802.11), with or without a radiotap header: data that is not encrypted.

use super::link::llc;
use wire::{Code, Headers};

const DATA: u8 = 0b10;
const PROTECTED: u8 = 0x40;
const BOTH_WAYS: u8 = 0x03;

/// A radiotap header, then the frame (radiotap.org).
pub(super) fn radiotap(frame: &[u8], headers: &mut Headers) -> Code {
    match frame.get(2..4) {
        Some(&[low, high]) => read(frame, usize::from(u16::from_le_bytes([low, high])), headers),
        _ => Code::ShortLink,
    }
}

/// An 802.11 frame that begins at `offset`.
pub(super) fn read(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    let Some(&[control, flags]) = frame.get(offset..offset + 2) else { return Code::ShortLink };
    let subtype = control >> 4;
    let carries_data = control >> 2 & 0b11 == DATA && subtype & 0b0100 == 0;
    if !carries_data || flags & PROTECTED != 0 {
        return Code::NotIp;
    }
    let relayed = if flags & BOTH_WAYS == BOTH_WAYS { 6 } else { 0 };
    let is_quality = subtype & 0b1000 != 0;
    let quality = if is_quality { 2 } else { 0 };
    // An aggregate of several packets in one frame is left alone.
    if is_quality && frame.get(offset + 24 + relayed).is_some_and(|byte| byte & 0x80 != 0) {
        return Code::NotIp;
    }
    llc(frame, offset + 24 + relayed + quality, headers)
}
