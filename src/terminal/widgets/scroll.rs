//! Where a long thing is scrolled to. The height is known only when it is drawn, so the window onto it is kept
//! with interior mutability: it is no part of what the program knows, only of what the person sees.

use std::cell::Cell;

/// How much there is in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Total {
    /// What is here.
    #[default]
    Here,
    /// So many, of which not all have been fetched.
    Of(usize),
    /// What is here, and more that has not been fetched.
    AtLeast,
}

/// Where one is in something long: `4-12 / 300`. The one place for these words.
pub fn place(first: usize, last: usize, here: usize, total: Total) -> String {
    match total {
        Total::Here => format!("{first}-{last} / {here}"),
        Total::Of(all) => format!("{first}-{last} / {}", all.max(here)),
        Total::AtLeast => format!("{first}-{last} / {here}以上"),
    }
}

/// A window of rows onto something longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    top: Cell<usize>,
    height: Cell<usize>,
    total: Cell<usize>,
}

impl Window {
    /// Tells the window what it was drawn with; gives the first row to draw.
    pub fn drawn(&self, total: usize, height: usize) -> usize {
        self.total.set(total);
        self.height.set(height);
        self.top.set(self.top.get().min(total.saturating_sub(height)));
        self.top.get()
    }

    /// The first row shown.
    pub fn top(&self) -> usize {
        self.top.get()
    }

    /// Shows this row first.
    pub fn set_top(&self, top: usize) {
        self.top.set(top);
    }

    /// Rows in the window, as last drawn.
    pub fn height(&self) -> usize {
        self.height.get().max(1)
    }

    /// Whether there is more than fits, as last drawn.
    pub fn overflows(&self) -> bool {
        self.total.get() > self.height.get()
    }

    /// Whether the last row is in the window, as last drawn.
    pub fn at_end(&self) -> bool {
        self.top.get() + self.height.get() >= self.total.get()
    }

    /// Moves by rows.
    pub fn by(&self, rows: isize) {
        self.top.set(self.top.get().saturating_add_signed(rows).min(self.last_top()));
    }

    /// To the end.
    pub fn to_end(&self) {
        self.top.set(self.last_top());
    }

    fn last_top(&self) -> usize {
        self.total.get().saturating_sub(self.height.get())
    }
}
