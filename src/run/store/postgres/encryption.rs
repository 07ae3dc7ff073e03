//! Encryption of connections, by the names that PostgreSQL's own programs have for it.

use std::path::Path;

/// File name that stands for the authorities that the operating system trusts.
pub(super) const SYSTEM: &str = "system";
const NAMES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Encryption of a connection. Each asks for more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Encryption {
    /// `disable`
    Never,
    /// `prefer`: if the server can.
    Preferred,
    /// `require`: with whatever server answers.
    Required,
    /// `verify-ca`: the certificate of the server is signed by an authority that is trusted.
    Authority,
    /// `verify-full`: and it is that of the host.
    Host,
}

impl Encryption {
    /// The encryption that a mode and the file of the authorities ask for.
    ///
    /// # Errors
    /// There is no such mode.
    pub(super) fn named(mode: Option<&str>, root: Option<&Path>) -> Result<Self, String> {
        let is_system = root.is_some_and(|root| root.as_os_str() == SYSTEM);
        match mode {
            Some(other) if !NAMES.contains(&other) => {
                let (last, others) = NAMES.split_last().expect("there are some");
                Err(format!("sslmode is {} or {last}, not {other}", others.join(", ")))
            }
            Some("disable") => Ok(Self::Never),
            // Anybody can have a certificate of a public authority: only its name tells.
            Some("verify-full") => Ok(Self::Host),
            _ if is_system => Ok(Self::Host),
            Some("verify-ca") => Ok(Self::Authority),
            Some("require") if root.is_some() => Ok(Self::Authority),
            Some("require") => Ok(Self::Required),
            _ => Ok(Self::Preferred),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_is_asked_for_as_in_other_programs_of_postgresql() {
        let found = |mode, root: &[&str]| Encryption::named(mode, root.first().map(Path::new));
        assert_eq!(found(None, &[]), Ok(Encryption::Preferred));
        assert_eq!(found(Some("allow"), &["root.crt"]), Ok(Encryption::Preferred));
        assert_eq!(found(Some("disable"), &["system"]), Ok(Encryption::Never));
        assert_eq!(found(Some("require"), &[]), Ok(Encryption::Required));
        assert_eq!(found(Some("require"), &["root.crt"]), Ok(Encryption::Authority));
        assert_eq!(found(Some("verify-ca"), &["root.crt"]), Ok(Encryption::Authority));
        assert_eq!(found(Some("verify-ca"), &["system"]), Ok(Encryption::Host));
        assert_eq!(found(Some("verify-full"), &["root.crt"]), Ok(Encryption::Host));
        assert_eq!(found(None, &["system"]), Ok(Encryption::Host));
        assert!(found(Some("verify"), &[]).unwrap_err().ends_with("verify-ca or verify-full, not verify"));
    }
}
