//! Reading the configuration: the file, then the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Config;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A key is unknown or a value does not fit.
    #[error("{place}: {reason}")]
    Invalid {
        /// File or environment variable.
        place: String,
        /// What is wrong, with line and column for a file.
        reason: String,
    },
}

impl Config {
    /// Reads `yakuba.toml` in `directory` if there is one, then applies `environment`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the file or variable and the reason.
    pub fn load(directory: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let path = directory.join("yakuba.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ConfigError::Unreadable { path, reason: error.to_string() }),
        };
        Self::from_text(&path.display().to_string(), &text, environment)
    }

    /// The same from a text already read; `place` names it in errors.
    ///
    /// # Errors
    /// See [`Config::load`].
    pub fn from_text(
        place: &str,
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let invalid = |place: &str, reason: &dyn std::fmt::Display| ConfigError::Invalid {
            place: place.to_owned(),
            reason: reason.to_string(),
        };
        let mut table: toml::Table = toml::from_str(text).map_err(|error| invalid(place, &error))?;
        let defaults = toml::Table::try_from(Self::default()).map_err(|error| invalid("defaults", &error))?;
        // Sorted, so that the same environment always gives the same error first.
        let overrides: BTreeMap<String, String> = environment.collect();
        for (name, value) in overrides {
            let Some((section, key)) = split_name(&name, &defaults) else { continue };
            let Some(wanted) = defaults.get(&section).and_then(|all| all.get(&key)) else {
                return Err(invalid(&name, &"no such setting; see docs/operations.md"));
            };
            let parsed = parse_like(wanted, &value).ok_or_else(|| invalid(&name, &"the value does not fit"))?;
            let section_table = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = section_table {
                inner.insert(key, parsed);
            }
        }
        table.try_into().map_err(|error| invalid(place, &error))
    }
}

/// The section and key that a variable names, where it names one of our sections: test switches share the prefix and are no
/// settings.
fn split_name(name: &str, defaults: &toml::Table) -> Option<(String, String)> {
    let rest = name.strip_prefix("YAKUBA_")?.to_lowercase();
    defaults.keys().find_map(|section| {
        let key = rest.strip_prefix(section.as_str())?.strip_prefix('_')?;
        Some((section.clone(), key.to_owned()))
    })
}

fn parse_like(wanted: &toml::Value, text: &str) -> Option<toml::Value> {
    match wanted {
        toml::Value::Integer(_) => text.parse().ok().map(toml::Value::Integer),
        toml::Value::Boolean(_) => text.parse().ok().map(toml::Value::Boolean),
        toml::Value::Array(_) => Some(toml::Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(|s| toml::Value::String(s.to_owned()))
                .collect(),
        )),
        _ => Some(toml::Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_text(
            "yakuba.toml",
            text,
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn it_runs_with_none() {
        assert_eq!(load("", &[]).unwrap(), Config::default());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = load(
            "[issuing]\nregister_fresh_minutes = 5\n",
            &[("YAKUBA_ISSUING_REGISTER_FRESH_MINUTES", "7"), ("YAKUBA_WEB_HOSTS", "a.example, b.example")],
        )
        .unwrap();
        assert_eq!(config.issuing.register_fresh_minutes, 7);
        assert_eq!(config.web.hosts, ["a.example", "b.example"]);
    }

    #[test]
    fn every_section_can_be_set_by_the_environment_and_test_switches_are_none() {
        let config = load(
            "",
            &[
                ("YAKUBA_HOSPITAL_SIMULATED", "fhir"),
                ("YAKUBA_NATIONAL_PORTAL_CLIENT_ID", "mihon"),
                ("YAKUBA_TEST_ENGINES", "sqlite"),
                ("YAKUBA_WEBSITE", "x"),
            ],
        )
        .unwrap();
        assert_eq!(config.hospital.simulated, crate::config::HospitalSpeech::Fhir);
        assert_eq!(config.national_portal.client_id, "mihon");
        assert!(load("", &[("YAKUBA_CHANNELS_NOTHING", "x")]).is_err());
        let defaults = toml::Table::try_from(Config::default()).unwrap();
        for (section, keys) in &defaults {
            for key in keys.as_table().unwrap().keys() {
                let name = format!("YAKUBA_{}_{}", section.to_uppercase(), key.to_uppercase());
                assert_eq!(split_name(&name, &defaults), Some((section.clone(), key.clone())));
            }
        }
    }

    #[test]
    fn digital_copies_are_off_outside_a_demo_unless_somebody_says_otherwise() {
        let offered = |environment: &[(&str, &str)]| load("", environment).unwrap().twin.offered;
        assert!(!offered(&[]).is_on(false) && offered(&[]).is_on(true));
        assert!(!offered(&[("YAKUBA_TWIN_OFFERED", "never")]).is_on(true));
        assert!(offered(&[("YAKUBA_TWIN_OFFERED", "always")]).is_on(false));
        assert!(load("", &[("YAKUBA_TWIN_OFFERED", "sometimes")]).is_err());
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_name() {
        for (text, environment) in [("[web]\nlisten_on = \"x\"", vec![]), ("", vec![("YAKUBA_WEB_LISTENS", "x")])] {
            let error = load(text, &environment).unwrap_err().to_string();
            assert!(error.to_lowercase().contains("listen"), "{error}");
        }
    }
}
