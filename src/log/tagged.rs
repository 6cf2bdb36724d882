//! How an act is written: `{"kind":"…", …}`, its members beside its kind.
//!
//! serde can do that by itself (`tag = "kind"`), but reads it through a buffer, for the kind might stand anywhere. In
//! canonical bytes it stands first, and a check reads millions of them: so the members are read in their places. Where the
//! kind stands elsewhere, as in what is sorted by name, it is put first and read again.

use super::Act;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use serde::ser::{self, Impossible, SerializeStruct, SerializeStructVariant, Serializer};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

const KIND: &str = "kind";

impl Serialize for Act {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The inherent one, which serde derives without a tag.
        Self::serialize(self, Beside(serializer))
    }
}

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

/// Writes a variant's members beside its name.
struct Beside<S>(S);

/// The members on their way.
struct Variant<S>(S);

impl<S: SerializeStruct> SerializeStructVariant for Variant<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// All that an act is not: every variant has named members, be they none.
macro_rules! never {
    ($($name:ident($($type:ty),*);)*) => {
        $(fn $name(self, $(_: $type),*) -> Result<S::Ok, S::Error> { Err(not_an_act()) })*
    };
}

fn not_an_act<E: ser::Error>() -> E {
    E::custom("an act has named members")
}

impl<S: Serializer> Serializer for Beside<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = Impossible<S::Ok, S::Error>;
    type SerializeStructVariant = Variant<S::SerializeStruct>;

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let mut members = self.0.serialize_struct(name, length.saturating_add(1))?;
        members.serialize_field(KIND, variant)?;
        Ok(Variant(members))
    }

    never! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        Err(not_an_act())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        Err(not_an_act())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        Err(not_an_act())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        Err(not_an_act())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, S::Error> {
        Err(not_an_act())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        Err(not_an_act())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        Err(not_an_act())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Err(not_an_act())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, S::Error> {
        Err(not_an_act())
    }
}

/// Reads the members.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Act;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an act")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Act, A::Error> {
        let Some(Word(first)) = members.next_key()? else { return Err(de::Error::missing_field(KIND)) };
        if first == KIND {
            let Word(kind) = members.next_value()?;
            return Act::deserialize(Named { kind: &kind, members });
        }
        let mut all = Map::new();
        all.insert(first.into_owned(), members.next_value()?);
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if all.insert(name, value).is_some() {
                return Err(de::Error::custom("a member twice"));
            }
        }
        let kind = all.remove(KIND).ok_or_else(|| de::Error::missing_field(KIND))?;
        let sorted = serde_json::to_string(&all).map_err(de::Error::custom)?;
        let rest = sorted.strip_prefix('{').unwrap_or_default();
        let comma = if all.is_empty() { "" } else { "," };
        serde_json::from_str(&format!("{{\"{KIND}\":{kind}{comma}{rest}")).map_err(de::Error::custom)
    }
}

/// A text, borrowed where it stands as it is: serde's own [`Cow`] is a copy.
struct Word<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AWord;

        impl<'de> Visitor<'de> for AWord {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(AWord)
    }
}

/// A variant by its name, and its members, as serde's derived code wants them.
struct Named<'k, A> {
    kind: &'k str,
    members: A,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Named<'_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Named<'_, A> {
    type Error = A::Error;
    type Variant = Rest<'de, A>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), A::Error> {
        let name = seed.deserialize(StrDeserializer::new(self.kind))?;
        Ok((name, Rest { members: self.members, lifetime: PhantomData }))
    }
}

/// What stands behind the kind.
struct Rest<'de, A> {
    members: A,
    lifetime: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Rest<'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        Err(de::Error::custom("an act has named members"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.members))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(de::Error::custom("an act has named members"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Act, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_kind_stands_first_and_is_found_anywhere() {
        let act = Act::StoreOpened { version: "1".into(), checked: 2, faults: 3, unclean: true };
        let text = serde_json::to_string(&act).unwrap();
        assert_eq!(text, r#"{"kind":"store_opened","version":"1","checked":2,"faults":3,"unclean":true}"#);
        assert_eq!(read(&text), Ok(act.clone()));
        // Sorted by name, as in a value.
        let value = serde_json::to_value(&act).unwrap();
        assert_eq!(serde_json::from_value::<Act>(value).unwrap(), act);
        for text in [r#"{"kind":"log_opened"}"#, r#" { "kind" : "log_opened" } "#] {
            assert_eq!(read(text), Ok(Act::LogOpened {}));
        }
    }

    #[test]
    fn what_is_no_act_is_refused() {
        let table = [
            "{}",
            "[]",
            "7",
            r#""log_opened""#,
            r#"{"kind":7}"#,
            r#"{"kind":"no_such_kind"}"#,
            r#"{"log_opened":{}}"#,
            r#"{"kind":"store_closed"}"#,
            r#"{"kind":"store_closed","cause":"x","cause":"y"}"#,
            r#"{"cause":"x","cause":"y","kind":"store_closed"}"#,
            r#"{"kind":"store_closed","cause":7}"#,
            r#"{"cause":"x","kind":"store_closed""#,
        ];
        for text in table {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
