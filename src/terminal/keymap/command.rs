//! What a key can mean, and where.

/// Makes an enum whose variants have a name in keymap files.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$item_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in keymap files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// What the user wants, before any screen has seen it. Screens get commands, never keys.
    Command {
        /// One step back; never loses input.
        Back = "back",
        /// The keys that work, here and elsewhere.
        Help = "help",
        /// Ends the program, after asking.
        Quit = "quit",
        /// Ends the login, after asking.
        Logout = "logout",
        /// Blanks the screen until the password is typed again.
        Lock = "lock",
        /// Draws the screen anew, on a line that garbled it.
        Redraw = "redraw",
        /// One row up.
        Up = "up",
        /// One row down.
        Down = "down",
        /// One page up.
        PageUp = "page-up",
        /// One page down.
        PageDown = "page-down",
        /// To the first row.
        Top = "top",
        /// To the last row.
        Bottom = "bottom",
        /// To the next field.
        NextField = "next-field",
        /// To the field before.
        PrevField = "prev-field",
        /// To the next tab or section.
        NextTab = "next-tab",
        /// To the tab or section before.
        PrevTab = "prev-tab",
        /// The next of the choices.
        NextChoice = "next-choice",
        /// The choice before.
        PrevChoice = "prev-choice",
        /// Marks or unmarks the choice.
        Toggle = "toggle",
        /// Opens the row, or goes on to the next field. Never sends.
        Accept = "accept",
        /// Sends what the screen asks to be sent: the enquiry, the login, the confirmation.
        Send = "send",
        /// Another way to prove who one is: a token instead of the card, or the card after all.
        OtherFactor = "other-factor",
        /// A new case.
        NewCase = "new-case",
        /// A new enquiry for the case.
        NewEnquiry = "new-enquiry",
        /// 条件再指定: back to the key with what was typed.
        Refine = "refine",
        /// 閲覧.
        View = "view",
        /// Stops waiting for an answer, or withdraws the request.
        Cancel = "cancel",
        /// Narrows the list.
        Filter = "filter",
        /// Asks the station again.
        Refresh = "refresh",
        /// Shows or hides the notes about what is read.
        Notes = "notes",
        /// The operation log.
        Log = "log",
        /// Checks the operation log.
        Verify = "verify",
        /// 事後確認.
        Review = "review",
        /// 再確認: looks once more at what was judged.
        ReviewAgain = "review-again",
        /// 事後説明.
        Explanations = "explanations",
        /// Records that a patient was told.
        Explained = "explained",
        /// Records that a patient objects.
        Objection = "objection",
        /// One character left.
        CaretLeft = "caret-left",
        /// One character right.
        CaretRight = "caret-right",
        /// To the beginning of the field.
        CaretStart = "caret-start",
        /// To the end of the field.
        CaretEnd = "caret-end",
        /// Deletes the character before the caret.
        DeleteBack = "delete-back",
        /// Deletes the character at the caret.
        DeleteForward = "delete-forward",
        /// Deletes the word before the caret.
        DeleteWord = "delete-word",
        /// Deletes all before the caret.
        DeleteToStart = "delete-to-start",
        /// Deletes all after the caret.
        DeleteToEnd = "delete-to-end",
        /// Takes the last change back.
        Undo = "undo",
    }
}

named! {
    /// Where a binding holds.
    Context {
        /// Everywhere.
        Global = "global",
        /// In a text field; there, characters are typed and are never commands.
        Text = "text",
        /// Among the fields of a form.
        Form = "form",
        /// On a choice of a form.
        Choice = "choice",
        /// In a list or a long text.
        List = "list",
        /// While the filter of a list is typed.
        Filter = "filter",
        /// In a question.
        Dialog = "dialog",
        /// ホーム.
        Home = "home",
        /// 照会中.
        Waiting = "waiting",
        /// 候補一覧.
        Candidates = "candidates",
        /// 閲覧.
        Reading = "reading",
        /// 操作ログ.
        Log = "log",
        /// 事後確認, one item.
        Review = "review",
        /// 事後説明.
        Explanations = "explanations",
    }
}

impl Context {
    /// Where that is, for a person who reads which keys there are.
    pub fn label(self) -> &'static str {
        match self {
            Self::Global => "どの画面でも",
            Self::Text => "文字の欄",
            Self::Form => "入力画面",
            Self::Choice => "選択肢",
            Self::List => "一覧",
            Self::Filter => "絞り込み中",
            Self::Dialog => "確認の問い",
            Self::Home => "ホーム",
            Self::Waiting => "照会中",
            Self::Candidates => "候補一覧",
            Self::Reading => "閲覧",
            Self::Log => "操作ログ",
            Self::Review => "事後確認",
            Self::Explanations => "事後説明",
        }
    }
}

/// The contexts that hold together in one place of the program, innermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Nothing but the global keys, such as a screen that only shows something.
    Bare,
    /// A text field of a form.
    TextField,
    /// A choice of a form.
    ChoiceField,
    /// A button of a form.
    Button,
    /// A list or a long text.
    List,
    /// The filter line of a list.
    FilterLine,
    /// A question.
    Dialog,
    /// A question that wants something typed.
    DialogText,
    /// ホーム.
    Home,
    /// 照会中.
    Waiting,
    /// 候補一覧.
    Candidates,
    /// 閲覧.
    Reading,
    /// 操作ログ.
    Log,
    /// 事後確認, one item.
    Review,
    /// 事後説明.
    Explanations,
}

impl Place {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Bare,
        Self::TextField,
        Self::ChoiceField,
        Self::Button,
        Self::List,
        Self::FilterLine,
        Self::Dialog,
        Self::DialogText,
        Self::Home,
        Self::Waiting,
        Self::Candidates,
        Self::Reading,
        Self::Log,
        Self::Review,
        Self::Explanations,
    ];

    /// The contexts, innermost first.
    pub fn contexts(self) -> &'static [Context] {
        use Context as C;
        match self {
            Self::Bare => &[C::Global],
            Self::TextField => &[C::Text, C::Form, C::Global],
            Self::ChoiceField => &[C::Choice, C::Form, C::Global],
            Self::Button => &[C::Form, C::Global],
            Self::List => &[C::List, C::Global],
            Self::FilterLine => &[C::Text, C::Filter, C::Global],
            Self::Dialog => &[C::Dialog, C::Global],
            Self::DialogText => &[C::Text, C::Dialog, C::Global],
            Self::Home => &[C::Home, C::List, C::Global],
            Self::Waiting => &[C::Waiting, C::Global],
            Self::Candidates => &[C::Candidates, C::List, C::Global],
            Self::Reading => &[C::Reading, C::List, C::Global],
            Self::Log => &[C::Log, C::List, C::Global],
            Self::Review => &[C::Review, C::List, C::Global],
            Self::Explanations => &[C::Explanations, C::List, C::Global],
        }
    }

    /// Whether characters are typed here.
    pub fn takes_text(self) -> bool {
        self.contexts().contains(&Context::Text)
    }
}

/// What a screen accepts now. The footer, the help and the meaning of keys are all made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    /// Where the user is.
    pub place: Place,
    commands: Vec<Command>,
    labels: Vec<(Command, String)>,
}

impl Offers {
    /// The offers of a place. [`Command::Help`], [`Command::Redraw`] and, where text is typed, the editing commands
    /// are always offered: the program answers them without the screen.
    pub fn new(place: Place, commands: impl IntoIterator<Item = Command>) -> Self {
        let mut commands: Vec<Command> = commands.into_iter().collect();
        commands.extend([Command::Help, Command::Redraw]);
        if place.takes_text() {
            commands.extend(crate::terminal::widgets::editor::COMMANDS);
        }
        Self { place, commands, labels: Vec::new() }
    }

    /// Calls a command by what it does on this screen, such as 照会する for [`Command::Send`].
    #[must_use]
    pub fn named(mut self, command: Command, label: &str) -> Self {
        self.labels.push((command, label.to_owned()));
        self
    }

    /// What this screen calls a command, where it has a word of its own.
    pub fn label(&self, command: Command) -> Option<&str> {
        self.labels.iter().find(|(named, _)| *named == command).map(|(_, label)| label.as_str())
    }

    /// Whether a command would be done.
    pub fn has(&self, command: Command) -> bool {
        self.commands.contains(&command)
    }
}
