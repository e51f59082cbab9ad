//! Bytes that may never be kept: no way to print, serialise or store them (PCI DSS v4.0.1 3.3.1, 3.5.1).

use std::borrow::Cow;
use std::hint::black_box;

/// Protected bytes, borrowed from the wire or copied; a copy is zeroed when it is dropped.
///
/// It has no `Debug`, `Display`, `Serialize` or `Clone`, so no row, log line or panic message can hold it:
///
/// ```compile_fail
/// let secret = bartizan_protocols::secret::Secret::borrowed(b"4111");
/// println!("{secret:?}");
/// ```
/// ```compile_fail
/// let secret = bartizan_protocols::secret::Secret::borrowed(b"4111");
/// println!("{secret}");
/// ```
/// ```compile_fail
/// let secret = bartizan_protocols::secret::Secret::borrowed(b"4111");
/// serde_json::to_string(&secret);
/// ```
pub struct Secret<'a>(Cow<'a, [u8]>);

impl<'a> Secret<'a> {
    /// Bytes that lie in a payload: nothing is copied.
    pub const fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// A copy that is zeroed when it is dropped.
    pub const fn owned(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }

    /// How many bytes there are: all that may be told of them without a key.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lends the bytes to `read`, which must give back only what may be kept, such as a keyed hash.
    pub fn expose<T: 'static>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        read(&self.0)
    }
}

impl Drop for Secret<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(bytes) = &mut self.0 {
            zero(bytes);
        }
    }
}

/// Overwrites every byte; the compiler must believe that someone looks at them afterwards.
pub(crate) fn zero(bytes: &mut Vec<u8>) {
    bytes.fill(0);
    black_box(bytes.as_ptr());
    black_box(&*bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_zeroed() {
        let mut bytes = b"4111111111111111".to_vec();
        zero(&mut bytes);
        assert_eq!(bytes, [0; 16]);
    }

    #[test]
    fn only_what_a_reader_gives_back_comes_out() {
        let secret = Secret::borrowed(b"1234");
        assert_eq!(
            secret.expose(|bytes| bytes.iter().map(|byte| u32::from(*byte - b'0')).sum::<u32>()),
            10
        );
        assert_eq!(secret.len(), 4);
    }
}
