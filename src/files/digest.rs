//! SHA-256 digests of the files of a folder, kept in a file that `sha256sum --check` reads.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, as 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Digests of files by name. A change of the list itself shows as a file whose digest differs or is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digests(BTreeMap<String, String>);

impl Digests {
    /// Usual name of such a list.
    pub const FILE: &'static str = "SHA256SUMS";
    /// Bytes of the longest list that is read.
    const LIMIT: u64 = 1 << 20;

    /// Reads the list of a folder.
    ///
    /// # Errors
    /// There is none, or it is no such list.
    pub fn read(folder: &Path) -> io::Result<Self> {
        Self::from_text(super::read(&folder.join(Self::FILE), Self::LIMIT)?)
    }

    /// Reads the list of some files from its text.
    ///
    /// # Errors
    /// It is no such list.
    pub fn from_text(text: Vec<u8>) -> io::Result<Self> {
        let text = String::from_utf8(text).map_err(io::Error::other)?;
        let line = |line: &str| line.split_once("  ").map(|(digest, name)| (name.to_owned(), digest.to_owned()));
        let digests = text.lines().map(line).collect::<Option<_>>();
        digests.map(Self).ok_or_else(|| io::Error::other("a line is not a digest, two spaces and a name"))
    }

    /// Adds a file by its content.
    pub fn add(&mut self, name: &str, content: &[u8]) {
        self.0.insert(name.to_owned(), sha256(content));
    }

    /// Digest of a file.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Compares a file's content with its digest.
    ///
    /// # Errors
    /// They differ, or the list does not have the file.
    pub fn verify(&self, name: &str, content: &[u8]) -> io::Result<()> {
        match self.get(name) {
            Some(digest) if digest == sha256(content) => Ok(()),
            Some(_) => Err(io::Error::other(format!("it is damaged: its content is not that of {}", Self::FILE))),
            None => Err(io::Error::other(format!("{} does not name it", Self::FILE))),
        }
    }
}

/// One line per file: digest, two spaces, name.
impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, digest)| writeln!(f, "{digest}  {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // FIPS 180-4, example "abc".
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn every_flipped_bit_of_the_list_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut digests = Digests::default();
        digests.add("a", b"one");
        let text = digests.to_string().into_bytes();
        for bit in 0..8 * text.len() {
            let mut damaged = text.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(folder.path().join(Digests::FILE), &damaged).unwrap();
            let noticed = Digests::read(folder.path()).and_then(|digests| digests.verify("a", b"one")).is_err();
            // The end of the last line may turn into another byte of the name or be lost with the line.
            assert!(noticed, "bit {bit}");
        }
    }
}
