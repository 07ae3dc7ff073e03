//! Settings of the client: those of an address, then those of the environment (`PGHOST`, `PGPORT`, `PGUSER`,
//! `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`, `PGSSLROOTCERT`).

use std::path::PathBuf;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, Error};

use super::encryption::Encryption;
use super::failure::failed;
#[cfg(feature = "postgres-tls")]
use super::tls;
use crate::run::address::{ServerAddress, decoded};
use crate::run::error::RunError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection on which nothing is answered for about this long is lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Certificates of authorities, below the user's home.
const ROOT_FILE: &str = ".postgresql/root.crt";

/// Settings of the client.
pub(super) struct ServerSettings {
    config: Config,
    #[cfg(feature = "postgres-tls")]
    tls: Option<tokio_postgres_rustls::MakeRustlsConnect>,
}

impl ServerSettings {
    /// Settings for an address.
    ///
    /// # Errors
    /// They are wrong, ask for encryption in a build without it, or for certificates that can't be read.
    pub(super) fn of(address: &ServerAddress) -> Result<Self, RunError> {
        let (base, options) = address.server.split_once('?').unwrap_or((&address.server, ""));
        let options = options.split('&').filter(|option| !option.is_empty());
        let (encryption, others): (Vec<&str>, Vec<&str>) =
            options.partition(|option| option.starts_with("sslmode=") || option.starts_with("sslrootcert="));
        let config: Config =
            format!("{base}?{}", others.join("&")).parse().map_err(|error: Error| failed(address, &error))?;
        let mut settings = Self {
            config,
            #[cfg(feature = "postgres-tls")]
            tls: None,
        };
        settings.complete(address);
        let given = |name: &str| encryption.iter().find_map(|option| option.strip_prefix(name)).map(decoded);
        let mode = given("sslmode=").or_else(|| variable("PGSSLMODE"));
        let root = given("sslrootcert=").or_else(|| variable("PGSSLROOTCERT"));
        let encrypted = settings.encrypt(mode.as_deref(), root.as_deref());
        encrypted.map_err(|reason| RunError::server(&address.shown, &reason))?;
        Ok(settings)
    }

    /// Connects, at one attempt.
    pub(super) fn connect(&self) -> Result<Client, Error> {
        #[cfg(feature = "postgres-tls")]
        if let Some(tls) = &self.tls {
            return self.config.connect(tls.clone());
        }
        self.config.connect(postgres::NoTls)
    }

    /// Takes from the environment what the address lacks.
    fn complete(&mut self, address: &ServerAddress) {
        let config = &mut self.config;
        if config.get_hosts().is_empty() {
            config.host(variable("PGHOST").as_deref().unwrap_or("/var/run/postgresql"));
        }
        let port = variable("PGPORT").and_then(|port| port.parse().ok());
        if let (true, Some(port)) = (config.get_ports().is_empty(), port) {
            config.port(port);
        }
        if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
            config.user(&user);
        }
        if let (None, Some(database)) = (config.get_dbname(), variable("PGDATABASE")) {
            config.dbname(&database);
        }
        if let Some(password) = address.password().or_else(|| variable("PGPASSWORD")) {
            config.password(password);
        }
        config.application_name("splitscope").connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(ANSWER_TIMEOUT);
        config.keepalives_idle(ANSWER_TIMEOUT / 2).keepalives_interval(ANSWER_TIMEOUT / 5).keepalives_retries(3);
        if self.is_local() {
            self.config.keepalives(false);
        }
    }

    /// Returns `true` if the server is reached by a socket of this machine alone.
    fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
    }

    /// Sets the encryption up, which sockets of this machine have none of.
    fn encrypt(&mut self, mode: Option<&str>, root: Option<&str>) -> Result<(), String> {
        let root = root.map(PathBuf::from).or_else(|| {
            let usual = std::env::home_dir()?.join(ROOT_FILE);
            usual.is_file().then_some(usual)
        });
        let mut encryption = Encryption::named(mode, root.as_deref())?;
        if self.is_local() {
            encryption = Encryption::Never;
        }
        self.config.ssl_mode(match encryption {
            Encryption::Never => SslMode::Disable,
            Encryption::Preferred => SslMode::Prefer,
            _ => SslMode::Require,
        });
        #[cfg(feature = "postgres-tls")]
        if encryption > Encryption::Never {
            self.tls = Some(tls::connector(encryption, root.as_deref())?);
        }
        #[cfg(not(feature = "postgres-tls"))]
        if encryption > Encryption::Preferred {
            return Err(
                "this build can't encrypt connections; build it with --features postgres-tls, or use a tunnel \
                        (ssh -L, WireGuard) and sslmode=disable"
                    .into(),
            );
        }
        Ok(())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn encryption_is_refused_by_a_build_without_it_and_not_needed_on_a_socket() {
        let read = |text: &str| ServerSettings::of(&ServerAddress::read(Path::new(text)).unwrap().unwrap());
        assert!(read("postgres://ann@%2Ftmp/lab?sslmode=verify-full&run=a").is_ok());
        let remote = read("postgres://ann@db.example/lab?sslmode=require&run=a");
        if cfg!(feature = "postgres-tls") {
            assert!(remote.is_ok());
            let error = read("postgres://ann@db.example/lab?sslmode=verify-ca&sslrootcert=/nowhere/ca&run=a");
            assert!(error.err().unwrap().to_string().contains("/nowhere/ca"));
        } else {
            let error = remote.err().unwrap().to_string();
            assert!(error.contains("--features postgres-tls"), "{error}");
        }
    }
}
