//! The table: a line as soon as it is known, and at the end how many targets hold.

/// One line.
#[derive(Clone, Debug, Default)]
pub struct Row {
    what: String,
    ours: String,
    peer: String,
    ratio: Option<f64>,
    target: String,
    held: Option<bool>,
}

impl Row {
    /// What was measured, and what came out.
    pub fn new(what: impl Into<String>, ours: impl Into<String>) -> Self {
        Self { what: what.into(), ours: ours.into(), ..Self::default() }
    }

    /// What the peer has, and ours in proportion to it: above 1, ours is better.
    pub fn beside(self, peer: impl Into<String>, ratio: f64) -> Self {
        Self { peer: peer.into(), ratio: Some(ratio), ..self }
    }

    /// In the place of a peer's figure, more about ours.
    pub fn beside_words(self, words: impl Into<String>) -> Self {
        Self { peer: words.into(), ..self }
    }

    /// What ought to come out, and whether it does.
    pub fn target(self, target: impl Into<String>, held: bool) -> Self {
        Self { target: target.into(), held: Some(held), ..self }
    }

    /// The ratio ought to be this at least.
    pub fn at_least(self, least: f64) -> Self {
        let held = self.ratio.is_some_and(|ratio| ratio >= least);
        self.target(format!(">= {least}x"), held)
    }

    /// As a line between processes.
    pub fn to_line(&self) -> String {
        let ratio = self.ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
        let held = self.held.map(|held| held.to_string()).unwrap_or_default();
        [&self.what, &self.ours, &self.peer, &ratio, &self.target, &held].map(String::as_str).join("\t")
    }

    /// Reads what [`Self::to_line`] writes.
    pub fn from_line(line: &str) -> Self {
        let parts: Vec<&str> = line.split('\t').collect();
        let [what, ours, peer, ratio, target, held] = parts[..] else { panic!("not a row: {line}") };
        Self {
            what: what.to_owned(),
            ours: ours.to_owned(),
            peer: peer.to_owned(),
            ratio: ratio.parse().ok(),
            target: target.to_owned(),
            held: held.parse().ok(),
        }
    }
}

/// The table, and what it came to.
pub struct Table {
    held: Vec<bool>,
    missed: Vec<String>,
}

impl Table {
    /// Begins it.
    pub fn new() -> Self {
        println!("{:<47} {:>16} {:>29} {:>8}  {:<10} held", "what", "ours", "peer", "ratio", "target");
        Self { held: Vec::new(), missed: Vec::new() }
    }

    /// Prints a line.
    pub fn row(&mut self, row: &Row) {
        let Row { what, ours, peer, ratio, target, held } = row;
        let ratio = ratio.map(|ratio| format!("{ratio:.2}x")).unwrap_or_default();
        let answer = match held {
            None => "",
            Some(true) => "yes",
            Some(false) => "NO",
        };
        let room = 47_usize.saturating_sub(cells(what));
        let line = format!("{what}{:room$} {ours:>16} {peer:>29} {ratio:>8}  {target:<10} {answer}", "");
        println!("{}", line.trim_end());
        self.held.extend(held);
        if *held == Some(false) {
            self.missed.push(what.trim().to_owned());
        }
    }

    /// Says what it came to.
    pub fn end(self) {
        println!("\n{} of {} targets held", self.held.len() - self.missed.len(), self.held.len());
        for missed in self.missed {
            println!("  not held: {missed}");
        }
    }
}

/// How wide a text is: Japanese letters have two cells.
fn cells(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The value below which so many of a thousand lie.
pub fn permille(values: &mut [f64], place: usize) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    values[(values.len() * place / 1000).min(values.len() - 1)]
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    permille(values, 500)
}
