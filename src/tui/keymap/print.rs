//! The key table as Markdown for the key list, and as TOML for the user's file.

use std::fmt::Write as _;

use super::{
    binding::{Binding, Group},
    user::Keymap,
};

impl Keymap {
    /// The key list of the README, as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        for group in Group::ALL {
            let _ = writeln!(text, "**{}**\n\n| keys | what | where | name |\n|---|---|---|---|", group.title());
            for row in self.rows().filter(|row| row.binding.group == group) {
                let keys: Vec<String> =
                    row.keys.iter().map(|key| format!("`{}`", key.to_string().replace('|', "\\|"))).collect();
                let Binding { words, name, .. } = row.binding;
                let _ = writeln!(text, "| {} | {words} | {} | `{}` |", keys.join(" "), row.places(), name);
            }
            text.push('\n');
        }
        text
    }

    /// The keys as the `[keys]` table of the user's file, to be changed from there.
    pub(crate) fn toml(&self) -> String {
        let mut text = "[keys]\n".to_owned();
        for group in Group::ALL {
            let _ = writeln!(text, "# {}", group.title());
            for row in self.rows().filter(|row| row.binding.group == group) {
                let keys: Vec<String> = row.keys.iter().map(|key| toml::Value::from(key.name()).to_string()).collect();
                let Binding { words, name, .. } = row.binding;
                let _ = writeln!(text, "{} = [{}] # {words}; {}", name, keys.join(", "), row.places());
            }
        }
        text
    }
}
