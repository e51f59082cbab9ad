//! Bounds-checked reads of network-order numbers.

/// The byte at `at`, 0 beyond the end.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    if at < bytes.len() { bytes[at] } else { 0 }
}

/// Two bytes at `at`, network order, 0 beyond the end.
pub(crate) fn two(bytes: &[u8], at: usize) -> u16 {
    if at + 2 <= bytes.len() { u16::from_be_bytes([bytes[at], bytes[at + 1]]) } else { 0 }
}

/// Four bytes at `at`, network order, 0 beyond the end.
pub(crate) fn four(bytes: &[u8], at: usize) -> u32 {
    if at + 4 <= bytes.len() {
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    } else {
        0
    }
}

/// Sixteen bytes at `at` into `out`; `false`, and `out` untouched, beyond the end.
pub(crate) fn sixteen(bytes: &[u8], at: usize, out: &mut [u8; 16]) -> bool {
    let inside = at + 16 <= bytes.len();
    if inside {
        out.copy_from_slice(&bytes[at..at + 16]);
    }
    inside
}
