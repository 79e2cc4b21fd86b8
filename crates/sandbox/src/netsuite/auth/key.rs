//! Public keys of certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// Why a public key could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither a PEM public key nor a PEM certificate with an RSA or EC key")]
pub struct KeyError;

/// The public half of a key that signs assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of an elliptic curve, uncompressed (as `ring` gives it).
    EllipticCurve(Vec<u8>),
    /// An RSA key as DER `RSAPublicKey` (PKCS #1).
    Rsa(Vec<u8>),
}

impl PublicKey {
    /// Reads `BEGIN PUBLIC KEY` or `BEGIN CERTIFICATE`, the forms in which NetSuite takes certificates.
    ///
    /// # Errors
    /// [`KeyError`] when it is neither.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError)?;
        let outer = sequence(&der).ok_or(KeyError)?;
        let info = if pem.contains("BEGIN CERTIFICATE") { certified_key(outer) } else { Some(outer) };
        info.and_then(key).ok_or(KeyError)
    }

    /// Whether `signature` over `message` is this key's, by an `alg` name of JSON Web Algorithms.
    pub(super) fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let (bytes, method): (&[u8], &dyn VerificationAlgorithm) = match (self, algorithm) {
            (Self::EllipticCurve(point), "ES256") => (point, &signature::ECDSA_P256_SHA256_FIXED),
            (Self::EllipticCurve(point), "ES384") => (point, &signature::ECDSA_P384_SHA384_FIXED),
            (Self::Rsa(key), "PS256") => (key, &signature::RSA_PSS_2048_8192_SHA256),
            (Self::Rsa(key), "PS384") => (key, &signature::RSA_PSS_2048_8192_SHA384),
            (Self::Rsa(key), "PS512") => (key, &signature::RSA_PSS_2048_8192_SHA512),
            _ => return false,
        };
        UnparsedPublicKey::new(method, bytes).verify(message, signature).is_ok()
    }
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// Explicit tag of a certificate's version.
const VERSION: u8 = 0xA0;
/// 1.2.840.113549.1.1.1, the object identifier of RSA keys.
const RSA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// Tag and content of the first DER element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(first & 0x7F)).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn sequence(der: &[u8]) -> Option<&[u8]> {
    element(der).filter(|(tag, _, _)| *tag == SEQUENCE).map(|(_, content, _)| content)
}

/// The key information inside a certificate: serial, algorithm, issuer, validity and subject come first.
fn certified_key(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = sequence(certificate)?;
    if let (VERSION, _, after) = element(rest)? {
        rest = after;
    }
    for _ in 0..5 {
        rest = element(rest)?.2;
    }
    sequence(rest)
}

fn key(info: &[u8]) -> Option<PublicKey> {
    let (SEQUENCE, algorithm, rest) = element(info)? else { return None };
    let (BIT_STRING, bits, _) = element(rest)? else { return None };
    // The first byte counts unused bits; keys are whole bytes.
    let bytes = bits.strip_prefix(&[0])?.to_vec();
    Some(if algorithm.starts_with(RSA) { PublicKey::Rsa(bytes) } else { PublicKey::EllipticCurve(bytes) })
}
