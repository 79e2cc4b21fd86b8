//! HMAC-SHA256, SHA-256 and comparison in constant time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Bytes of a SHA-256 block: longer HMAC keys are hashed first, shorter ones padded with zeros (RFC 2104).
const BLOCK_BYTES: usize = 64;

/// HMAC-SHA256 of the parts, one after the other.
///
/// The key is brought to the block size here because that constructor cannot fail.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&sha256(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 of the bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// `sha256:` and the hexadecimal digest of the bytes.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    sha256(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// Whether two texts are equal, in a time that depends neither on where they differ nor, beyond hashing
/// what the caller sent, on their lengths.
pub(crate) fn same(presented: &[u8], expected: &[u8]) -> Choice {
    sha256(presented).ct_eq(&sha256(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_agrees_with_the_vectors_of_rfc_4231() {
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac_sha256(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn comparison_tells_equal_from_different_and_from_longer() {
        assert!(bool::from(same(b"abc", b"abc")));
        assert!(!bool::from(same(b"abc", b"abd")));
        assert!(!bool::from(same(b"abc", b"abcd")));
    }
}
