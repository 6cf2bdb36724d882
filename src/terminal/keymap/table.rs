//! The table of bindings, and everything that is read from it.

use super::{Command, Context, Key, Offers};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// What it does.
    pub command: Command,
    /// The keys, the one to show first. Each is one key, or two pressed one after the other.
    pub keys: Vec<Vec<Key>>,
    /// What it does, in Japanese.
    pub text: String,
}

/// A complete and checked table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    pub(super) bindings: Vec<Binding>,
}

/// What a key means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Do this.
    Command(Command),
    /// Type this into the text field.
    Text(char),
    /// The first of two keys; wait for the next.
    First(Key),
    /// Nothing here.
    Nothing,
}

/// The keys of one person at one terminal: remembers the first of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presses {
    first: Option<Key>,
}

impl Presses {
    /// What a key means now. Esc after a first key takes that key back and means nothing else.
    pub fn press(&mut self, keymap: &Keymap, offers: &Offers, key: Key) -> Meaning {
        let meaning = keymap.meaning(offers, self.first.take(), key);
        if let Meaning::First(first) = meaning {
            self.first = Some(first);
        }
        meaning
    }

    /// The first key, while the second is waited for: time to show [`Keymap::after`].
    pub fn first(&self) -> Option<Key> {
        self.first
    }
}

/// Keys and what they do, for the bottom line and the help page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The command.
    pub command: Command,
    /// The context it belongs to.
    pub context: Context,
    /// The keys, such as `F1` or `g g`.
    pub keys: Vec<String>,
    /// What it does, in Japanese.
    pub text: String,
    /// Whether it would do so now.
    pub now: bool,
}

impl Keymap {
    /// What `key` means after `first` (a key that gave [`Meaning::First`]), where `offers` holds. Letters and digits
    /// count alike in full and half width and, where only one is bound, in capitals and small letters.
    pub fn meaning(&self, offers: &Offers, first: Option<Key>, key: Key) -> Meaning {
        if offers.place.takes_text() && first.is_none() {
            if let Some(c) = key.typed() {
                return Meaning::Text(c);
            }
        } else if first.is_some() && key == Key::ESC {
            return Meaning::Nothing;
        }
        let folded = key.folded();
        [key, folded, folded.small()]
            .into_iter()
            .map(|key| self.exact(offers, first, key))
            .find(|meaning| *meaning != Meaning::Nothing)
            .unwrap_or(Meaning::Nothing)
    }

    fn exact(&self, offers: &Offers, first: Option<Key>, key: Key) -> Meaning {
        let mut begun = Meaning::Nothing;
        for (binding, keys) in self.offered(offers).flat_map(|b| b.keys.iter().map(move |keys| (b, keys))) {
            match (first, keys.as_slice()) {
                (None, [only]) if *only == key => return Meaning::Command(binding.command),
                (Some(first), [one, two]) if (*one, *two) == (first, key) => {
                    return Meaning::Command(binding.command);
                }
                (None, [one, _]) if *one == key => begun = Meaning::First(key),
                _ => {}
            }
        }
        begun
    }

    fn offered<'a>(&'a self, offers: &'a Offers) -> impl Iterator<Item = &'a Binding> {
        offers
            .place
            .contexts()
            .iter()
            .flat_map(|context| self.bindings.iter().filter(move |binding| binding.context == *context))
            .filter(|binding| offers.has(binding.command))
    }

    /// The keys for the bottom line, each with the key to show first. What sends and what leads back stand first, then
    /// what is particular to the place, last what everybody tries anyway. Keys that every text field has are left to
    /// the help page.
    pub fn footer(&self, offers: &Offers) -> Vec<Hint> {
        let mut hints: Vec<Hint> = self
            .offered(offers)
            .filter(|binding| binding.context != Context::Text && binding.command != Command::Redraw)
            .map(|binding| hint(binding, offers))
            .collect();
        hints.sort_by_key(rank);
        // Two commands that do the same here are one in this line.
        let mut said: Vec<String> = Vec::new();
        hints.retain(|hint| {
            let new = !said.contains(&hint.text);
            said.push(hint.text.clone());
            new
        });
        hints
    }

    /// What may follow a first key.
    pub fn after(&self, offers: &Offers, first: Key) -> Vec<Hint> {
        let follows = |keys: &Vec<Key>| keys.len() == 2 && keys.first() == Some(&first);
        self.offered(offers)
            .filter(|binding| binding.keys.iter().any(follows))
            .map(|binding| {
                let keys = binding.keys.iter().filter(|keys| follows(keys));
                Hint {
                    keys: keys.filter_map(|keys| keys.get(1)).map(Key::to_string).collect(),
                    ..hint(binding, offers)
                }
            })
            .collect()
    }

    /// The help page: what works here first, then the rest of the table.
    pub fn help(&self, offers: &Offers) -> Vec<Hint> {
        let mut hints: Vec<Hint> = self.offered(offers).map(|binding| hint(binding, offers)).collect();
        let elsewhere: Vec<Hint> =
            self.bindings.iter().map(|binding| hint(binding, offers)).filter(|hint| !hint.now).collect();
        hints.extend(elsewhere);
        hints
    }

    /// The keys of a command where `offers` holds, for sentences such as 「Ctrl-G で照会します」.
    pub fn keys_for(&self, offers: &Offers, command: Command) -> Option<Hint> {
        self.offered(offers).find(|binding| binding.command == command).map(|binding| hint(binding, offers))
    }

    /// The whole table.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }
}

/// How near the front of the bottom line a command stands.
fn rank(hint: &Hint) -> u8 {
    use Command as C;
    match hint.command {
        // Without them nobody comes to another answer than the harmless one.
        C::NextChoice | C::PrevChoice if hint.context == Context::Dialog => 2,
        C::Send | C::Refine => 0,
        C::Back => 1,
        C::Lock | C::Logout | C::Quit => 4,
        C::NextField | C::PrevField | C::PrevTab => 5,
        C::Up | C::Down | C::PageUp | C::PageDown | C::Top | C::Bottom | C::PrevChoice | C::NextChoice => 6,
        C::Refresh => 3,
        _ => 2,
    }
}

fn hint(binding: &Binding, offers: &Offers) -> Hint {
    let now = offers.place.contexts().contains(&binding.context) && offers.has(binding.command);
    let works = |keys: &&Vec<Key>| {
        !(now && offers.place.takes_text() && keys.first().is_some_and(|key| key.typed().is_some()))
    };
    let name = |keys: &Vec<Key>| keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ");
    Hint {
        command: binding.command,
        context: binding.context,
        keys: binding.keys.iter().filter(works).map(name).collect(),
        text: offers.label(binding.command).filter(|_| now).unwrap_or(&binding.text).to_owned(),
        now,
    }
}
