//! Files of data that people write, in TOML: the configuration, keymaps, card profiles, scenarios, tables of the guide.
//!
//! The text is the `toml` crate's to parse; reading it into types is done here, for two reasons. What is wrong is
//! said in the reader's language, with the line, whatever the type. And a struct is a table here and nothing else:
//! the crate's own way makes, for every type, the code for a list and for a date as well, half a megabyte in all.
//! A room of its own because every room with such a file enters it; it knows none of them.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}行目の{column}文字目: {what}\n    {text}")]
pub struct DataFileError {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub what: String,
    /// The line itself.
    pub text: String,
}

/// What whoever wrote a file can do when its text could not be read, to stand behind 「…を読めません。」.
pub fn what_to_do(unread: &std::io::Error) -> &'static str {
    match unread.kind() {
        // `read_to_string` says so of bytes that are not UTF-8.
        std::io::ErrorKind::InvalidData => {
            "文字コードがUTF-8ではありません（Shift_JIS など）。エディターで文字コードにUTF-8を選んで保存し直してください"
        }
        _ => "場所と権限を確認してください",
    }
}

/// A file that is TOML; whether it says what it should is seen when it is read.
#[derive(Debug)]
pub struct DataFile<'a> {
    text: &'a str,
    root: Spanned<DeValue<'a>>,
}

/// A file's text as a value of a type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, DataFileError> {
    DataFile::parse(text)?.read()
}

impl<'a> DataFile<'a> {
    /// Takes the text apart.
    pub fn parse(text: &'a str) -> Result<Self, DataFileError> {
        let root = DeTable::parse(text).map_err(|error| {
            let what = match error.message() {
                "duplicate key" => "同じ名前の項目が前にもあります。どちらかを消してください".to_owned(),
                other => format!(
                    "TOMLとして読めません（{other}）。引用符・括弧・「=」の書き忘れを見直してください"
                ),
            };
            Fault { what, at: error.span() }.in_text(text)
        })?;
        let span = root.span();
        Ok(Self { text, root: Spanned::new(span, DeValue::Table(root.into_inner())) })
    }

    /// The whole as a value of a type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DataFileError> {
        Node(&self.root).read_as(PhantomData).map_err(|fault| fault.in_text(self.text))
    }

    /// The lines, from 1, on which the entries of a list at the top begin.
    pub fn lines_of(&self, list: &str) -> Vec<usize> {
        let entries = self.root.get_ref().get(list).and_then(|list| list.get_ref().as_array());
        let starts = entries.into_iter().flatten().map(|entry| entry.span().start);
        starts.map(|start| place(self.text, start).0).collect()
    }
}

/// Line and character, both from 1, of a byte of the text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// What is wrong, and where as soon as somebody knows.
#[derive(Debug)]
struct Fault {
    what: String,
    at: Option<Range<usize>>,
}

impl Fault {
    fn new(what: String) -> Self {
        Self { what, at: None }
    }

    /// Here, unless it was said more exactly.
    #[inline(never)]
    fn or_at(mut self, span: Range<usize>) -> Self {
        self.at.get_or_insert(span);
        self
    }

    fn in_text(self, text: &str) -> DataFileError {
        let (line, column) = place(text, self.at.map_or(0, |span| span.start));
        let whole = text.lines().nth(line - 1).unwrap_or_default().trim_end().to_owned();
        DataFileError { line, column, what: self.what, text: whole }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(what: T) -> Self {
        Self::new(what.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(format!("{} はここには書けません。ほかの種類の値を書いてください", said(found)))
    }

    fn invalid_value(found: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(format!("{} はここでは使えない値です。範囲と書き方を確かめて直してください", said(found)))
    }

    fn invalid_length(length: usize, _: &dyn Expected) -> Self {
        Self::new(format!("{length}個では数が合いません。個数を確かめて直してください"))
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("「{found}」は使えません。{} のどれかを書いてください", known.join("、")))
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("「{found}」という項目はありません。書けるのは {} です", known.join("、")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("「{field}」がありません。書き足してください"))
    }
}

/// What was found, as it stands in the file. What serde expected instead is named after types of the program, which
/// say nothing to who writes the file.
fn said(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(flag) => flag.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Char(sign) => format!("\"{sign}\""),
        Unexpected::Str(text) => format!("\"{text}\""),
        Unexpected::Seq => "[ ] の並び".to_owned(),
        Unexpected::Map => "「名前 = 値」の組".to_owned(),
        _ => "この値".to_owned(),
    }
}

/// One value of the file.
#[derive(Clone, Copy)]
struct Node<'a>(&'a Spanned<DeValue<'a>>);

/// A whole number of the file. No type of ours needs more than these.
enum Whole {
    Signed(i64),
    Unsigned(u64),
}

impl<'a> Node<'a> {
    /// A fault is here, unless it is known to be further within. Never inlined, or every field of every type
    /// would carry it.
    #[inline(never)]
    fn read_as<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self).map_err(|fault| fault.or_at(self.0.span()))
    }

    #[inline(never)]
    fn wanted(self, what: &str) -> Fault {
        Fault::new(format!("{what}を書いてください")).or_at(self.0.span())
    }

    #[inline(never)]
    fn text(self) -> Result<&'a str, Fault> {
        match self.0.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.wanted("\" \" で囲んだ文字列")),
        }
    }

    #[inline(never)]
    fn whole(self) -> Result<Whole, Fault> {
        let DeValue::Integer(digits) = self.0.get_ref() else { return Err(self.wanted("整数")) };
        let (digits, radix) = (digits.as_str(), digits.radix());
        i64::from_str_radix(digits, radix)
            .map(Whole::Signed)
            .or_else(|_| u64::from_str_radix(digits, radix).map(Whole::Unsigned))
            .map_err(|_| self.wanted("もっと小さい整数"))
    }

    #[inline(never)]
    fn entries(self) -> Result<Entries<'a>, Fault> {
        match self.0.get_ref() {
            DeValue::Table(table) => Ok(Entries { rest: table.iter(), value: None }),
            _ => Err(self.wanted("「名前 = 値」の組（表）")),
        }
    }

    #[inline(never)]
    fn elements(self) -> Result<Elements<'a>, Fault> {
        match self.0.get_ref() {
            DeValue::Array(list) => Ok(Elements(list.iter())),
            _ => Err(self.wanted("[ ] で囲んだ並び")),
        }
    }

    #[inline(never)]
    fn choice(self) -> Result<Choice<'a>, Fault> {
        if let DeValue::Table(table) = self.0.get_ref() {
            let mut entries = table.iter();
            if let (Some((name, with)), None) = (entries.next(), entries.next()) {
                return Ok(Choice { name: name.get_ref(), with: Some(Node(with)) });
            }
        }
        Ok(Choice { name: self.text()?, with: None })
    }
}

/// Kinds of values that are read as another kind is.
macro_rules! read_as {
    ($kind:ident: $($others:ident)+) => {$(
        fn $others<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.$kind(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.get_ref() {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Integer(_) => self.deserialize_i64(visitor),
            DeValue::Float(digits) => match digits.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(self.wanted("小数")),
            },
            DeValue::Boolean(flag) => visitor.visit_bool(*flag),
            DeValue::Datetime(_) => Err(self.wanted("日付を \" \" で囲んだ文字列")),
            DeValue::Array(_) => self.deserialize_seq(visitor),
            DeValue::Table(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.get_ref() {
            DeValue::Boolean(flag) => visitor.visit_bool(*flag),
            _ => Err(self.wanted("true か false")),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.whole()? {
            Whole::Signed(number) => visitor.visit_i64(number),
            Whole::Unsigned(number) => visitor.visit_u64(number),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    read_as! { deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32 }
    read_as! { deserialize_i64: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    read_as! { deserialize_str: deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.elements()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.choice()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 bytes byte_buf unit unit_struct tuple_struct }
}

/// The elements of a list that are still to come.
struct Elements<'a>(std::slice::Iter<'a, Spanned<DeValue<'a>>>);

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(element) = self.0.next() else { return Ok(None) };
        Node(element).read_as(seed).map(Some)
    }
}

type Rest<'a> = toml::map::Iter<'a, Spanned<std::borrow::Cow<'a, str>>, Spanned<DeValue<'a>>>;

/// The entries of a table that are still to come, and the value of the one whose name was read.
struct Entries<'a> {
    rest: Rest<'a>,
    value: Option<&'a Spanned<DeValue<'a>>>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StrDeserializer<'_, Fault> = key.get_ref().as_ref().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| fault.or_at(key.span()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(value) = self.value.take() else { return Err(de::Error::custom("値がありません")) };
        Node(value).read_as(seed)
    }
}

/// A choice: its name, and what goes with it where it is written as `{ name = value }`.
struct Choice<'a> {
    name: &'a str,
    with: Option<Node<'a>>,
}

impl<'a> Choice<'a> {
    /// What goes with it.
    #[inline(never)]
    fn with(self) -> Result<Node<'a>, Fault> {
        self.with.ok_or_else(|| Fault::new(format!("「{0}」は {{ {0} = 値 }} と書いてください", self.name)))
    }
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.with {
            None => Ok(()),
            Some(node) => Err(node.wanted(&format!("値を付けずに \"{}\" とだけ", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.with()?.read_as(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.with()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let node = self.with()?;
        node.deserialize_map(visitor).map_err(|fault| fault.or_at(node.0.span()))
    }
}

#[cfg(test)]
mod tests;
