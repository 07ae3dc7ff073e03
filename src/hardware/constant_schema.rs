//! JSON Schemas of constants, one function per dimension.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::quantity::{Dimension, ascii};

fn constant(dimension: Dimension) -> Schema {
    let mut units = Vec::new();
    for unit in dimension.units() {
        // Plain characters first, then the micro sign.
        let plain = ascii(unit.symbol).into_owned();
        if plain != unit.symbol {
            units.push(plain);
        }
        units.push(unit.symbol.to_owned());
    }
    units.retain(|unit| !unit.is_empty());
    let mut table = json_schema!({
        "type": "object",
        "required": ["value"],
        "additionalProperties": false,
        "properties": {
            "value": { "type": "number", "minimum": 0 },
            "source": { "type": "string", "description": "Publication, data sheet or reasoning behind the figure." },
            "assumed": { "type": "boolean", "description": "True for an assumption, false for a published figure." },
        },
    });
    if !units.is_empty()
        && let Some(properties) = table.get_mut("properties").and_then(|properties| properties.as_object_mut())
    {
        properties.insert("unit".into(), serde_json::json!({ "type": "string", "enum": units }));
    }
    json_schema!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }, table] })
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Time)
}

pub(super) fn bytes(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Bytes)
}

pub(super) fn energy(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Energy)
}

pub(super) fn power(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Power)
}

pub(super) fn frequency(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Frequency)
}

pub(super) fn rate(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Rate)
}

pub(super) fn bandwidth(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Bandwidth)
}

pub(super) fn bytes_per_cycle(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::BytesPerCycle)
}

pub(super) fn per_cycle(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::PerCycle)
}

pub(super) fn share(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Share)
}

pub(super) fn count(_: &mut SchemaGenerator) -> Schema {
    constant(Dimension::Count)
}
