//! Which variants of which enums the samples show, learned from serde, so that a new variant
//! without a sample cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use engine_core::access::Scope;
use engine_core::audit::{Operation, Resource, Value, Who};
use engine_core::cart::CartState;
use engine_core::feed::Event;
use engine_core::inventory::{Allocation, HoldRef, HoldState, MovementReason, UnitsEnd};
use engine_core::notice::{NoticeKind, NoticeOutcome};
use engine_core::order::{
    Condition, Decision, DisputeState, Ending, FulfillmentState, Lost, MadeUp, RefundState,
    ReturnState, Review, Status, Units,
};
use engine_core::outbox::{Call, Message};
use engine_core::payment::{CallResult, IntentStatus, OrphanState, Pay, PaymentState};
use engine_core::pricing::{By, Discount, Expect, NoShipping};
use engine_core::webhook::{DeliveryOutcome, DisabledBy, EventType, Notice};
use engine_core::{Blocked, Command, Field, Rejection, Reply, TimerKind};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::ser::{self, Impossible, Serialize};

/// The variants seen, by the name of their enum.
#[derive(Default)]
pub struct Seen(BTreeMap<&'static str, BTreeSet<&'static str>>);

impl Seen {
    pub fn visit(&mut self, sample: &impl Serialize) {
        sample.serialize(self).expect("a sample serializes");
    }

    /// Every variant of every enum has been seen, and every enum seen is checked.
    pub fn assert_complete(mut self) {
        self.0.remove("Result");
        self.assert_all::<Command>();
        self.assert_all::<Reply>();
        self.assert_all::<Rejection>();
        self.assert_all::<Field>();
        self.assert_all::<Event>();
        self.assert_all::<Message>();
        self.assert_all::<Call>();
        self.assert_all::<TimerKind>();
        self.assert_all::<HoldRef>();
        self.assert_all::<HoldState>();
        self.assert_all::<MovementReason>();
        self.assert_all::<Units>();
        self.assert_all::<Ending>();
        self.assert_all::<Review>();
        self.assert_all::<Status>();
        self.assert_all::<Decision>();
        self.assert_all::<Pay>();
        self.assert_all::<PaymentState>();
        self.assert_all::<OrphanState>();
        self.assert_all::<CallResult>();
        self.assert_all::<IntentStatus>();
        self.assert_all::<Scope>();
        self.assert_all::<Who>();
        self.assert_all::<Operation>();
        self.assert_all::<Resource>();
        self.assert_all::<Value>();
        self.assert_all::<EventType>();
        self.assert_all::<Notice>();
        self.assert_all::<DisabledBy>();
        self.assert_all::<DeliveryOutcome>();
        self.assert_all::<FulfillmentState>();
        self.assert_all::<MadeUp>();
        self.assert_all::<RefundState>();
        self.assert_all::<UnitsEnd>();
        self.assert_all::<Blocked>();
        self.assert_all::<CartState>();
        self.assert_all::<Condition>();
        self.assert_all::<DisputeState>();
        self.assert_all::<Lost>();
        self.assert_all::<ReturnState>();
        self.assert_all::<NoticeKind>();
        self.assert_all::<NoticeOutcome>();
        self.assert_all::<Expect>();
        self.assert_all::<Discount>();
        self.assert_all::<By>();
        self.assert_all::<NoShipping>();
        self.assert_all::<Allocation>();
        assert!(self.0.is_empty(), "enums that this test does not know: {:?}", self.0.keys());
    }

    fn assert_all<E: DeserializeOwned>(&mut self) {
        let mut listed = Listed::default();
        let _ = E::deserialize(&mut listed);
        let (name, variants) = listed.0.expect("an enum");
        let seen = self.0.remove(name).unwrap_or_default();
        let missing: Vec<_> = variants.iter().filter(|variant| !seen.contains(*variant)).collect();
        assert!(missing.is_empty(), "{name} has variants without a sample: {missing:?}");
    }

    fn note(&mut self, name: &'static str, variant: &'static str) -> &mut Self {
        self.0.entry(name).or_default().insert(variant);
        self
    }
}

/// Asks a type for the names of its variants.
#[derive(Default)]
struct Listed(Option<(&'static str, &'static [&'static str])>);

impl<'de> de::Deserializer<'de> for &mut Listed {
    type Error = Stopped;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stopped> {
        Err(Stopped)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stopped> {
        self.0 = Some((name, variants));
        Err(Stopped)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// No more is asked for.
#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl de::Error for Stopped {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl ser::Error for Stopped {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Done = Result<(), Stopped>;

macro_rules! skip {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, _: $type) -> Done {
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Seen {
    type Ok = ();
    type Error = Stopped;
    type SerializeSeq = &'a mut Seen;
    type SerializeTuple = &'a mut Seen;
    type SerializeTupleStruct = &'a mut Seen;
    type SerializeTupleVariant = &'a mut Seen;
    type SerializeMap = Impossible<(), Stopped>;
    type SerializeStruct = &'a mut Seen;
    type SerializeStructVariant = &'a mut Seen;

    skip! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32)
        serialize_i64(i64) serialize_i128(i128) serialize_u8(u8) serialize_u16(u16)
        serialize_u32(u32) serialize_u64(u64) serialize_u128(u128) serialize_f32(f32)
        serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_unit_struct(&'static str)
    }

    fn serialize_none(self) -> Done {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Done {
        self.note(name, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        value.serialize(self.note(name, variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Stopped> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Stopped> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Stopped> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Stopped> {
        Ok(self.note(name, variant))
    }

    /// Records have no maps: their order would not be fixed.
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Stopped> {
        Err(Stopped)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Stopped> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Stopped> {
        Ok(self.note(name, variant))
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident($($name:ident)?))*) => {
        $(impl ser::$trait for &mut Seen {
            type Ok = ();
            type Error = Stopped;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Done {
                value.serialize(&mut **self)
            }

            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq serialize_element()
    SerializeTuple serialize_element()
    SerializeTupleStruct serialize_field()
    SerializeTupleVariant serialize_field()
    SerializeStruct serialize_field(_name)
    SerializeStructVariant serialize_field(_name)
}
