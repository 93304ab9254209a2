//! Types and models.

use super::{Choice, Construct, Form, Names, choice, construct, key, needed};

/// The long form of a type.
pub static TYPE: Construct = Construct {
    exactly_one: &[&["type", "enum", "fields", "schema", "$ref"]],
    ..construct(
        "type",
        "a type",
        "The long form of a type. The short form is a text: `string`, `Order[]`, `map<int>`, `string?`; a mapping with none of these \
         keys is an object with those fields.",
        &[
            key("type", Form::Type, "The type itself: `string`, `Order[]`, or any other form."),
            key("enum", Form::List(&Form::Text), "The only values: these strings."),
            key("fields", Form::Map(&Form::Type), "The fields of an object."),
            key("schema", Form::JsonSchema, "A JSON Schema (2020-12), written out."),
            key(
                "$ref",
                Form::Path,
                "A JSON Schema in a file of the project: `./file.json#/$defs/Order`; or a type of the program: `#/models/Order`.",
            ),
            key("description", Form::Prose, "What it means, for readers."),
            key(
                "default",
                Form::Data,
                "The value where none is given; `now` for a date or an instant is the recorded time.",
            ),
            key(
                "min",
                Form::Number,
                "The smallest number, or the smallest length of a text, list or map.",
            ),
            key(
                "max",
                Form::Number,
                "The largest number, or the largest length of a text, list or map.",
            ),
            key("pattern", Form::Pattern, "A regular expression that a text must match somewhere."),
        ],
    )
};

/// The long form of a field of a model: a type, and what only a stored field has.
pub static MODEL_FIELD: Construct = Construct {
    exactly_one: TYPE.exactly_one,
    ..construct(
        "model_field",
        "a field",
        "The long form of a field of a model: a type with what only a stored field has.",
        &[
            key(
                "type",
                Form::Type,
                "The type: `string`, or the name of a model (`Customer` belongs to one, `OrderLine[]` has many).",
            ),
            key("enum", Form::List(&Form::Text), "The only values: these strings."),
            key("fields", Form::Map(&Form::Type), "The fields of an object."),
            key("schema", Form::JsonSchema, "A JSON Schema (2020-12), written out."),
            key(
                "$ref",
                Form::Path,
                "A JSON Schema in a file of the project: `./file.json#/$defs/Order`; or a type of the program: `#/models/Order`.",
            ),
            key("description", Form::Prose, "What it means, for readers."),
            key(
                "default",
                Form::Data,
                "The value where none is given; `now` for a date or an instant and `uuid` for a UUID are made with the record.",
            ),
            key("id", Form::Bool, "Whether it identifies the record; one field of a model does."),
            key(
                "inverse",
                Form::Name(Names::FieldOfType),
                "The field of the other model that is the other side of this relation, where the compiler cannot tell or where there is one record on both sides.",
            ),
            key(
                "on_delete",
                Form::Choice(ON_DELETE),
                "What becomes of this record when the one it belongs to is deleted: `restrict` where it must belong to one, otherwise `set_null`.",
            ),
            key(
                "min",
                Form::Number,
                "The smallest number, or the smallest length of a text, list or map.",
            ),
            key(
                "max",
                Form::Number,
                "The largest number, or the largest length of a text, list or map.",
            ),
            key("pattern", Form::Pattern, "A regular expression that a text must match somewhere."),
        ],
    )
};

/// What becomes of a record when the one it belongs to is deleted.
pub const ON_DELETE: &[Choice] = &[
    choice("restrict", "The other record cannot be deleted."),
    choice("cascade", "It is deleted as well."),
    choice("set_null", "It belongs to none from then on."),
];

/// A model.
pub static MODEL: Construct = construct(
    "model",
    "a model",
    "A record that is stored.",
    &[
        key("description", Form::Prose, "What it means, for readers."),
        needed(
            "fields",
            Form::Map(&Form::Either(&[Form::Text, Form::Construct(&MODEL_FIELD)])),
            "Its fields, by name: each a type.",
        ),
        key(
            "indexes",
            Form::List(&Form::Either(&[
                Form::Name(Names::Field),
                Form::List(&Form::Name(Names::Field)),
                Form::Construct(&INDEX),
            ])),
            "What records are found by: a field, a list of fields, or `{ fields: [...], unique: true }`.",
        ),
    ],
);

/// The long form of an index.
pub static INDEX: Construct = construct(
    "index",
    "an index",
    "The long form of an index of a model.",
    &[
        needed(
            "fields",
            Form::Either(&[Form::Name(Names::Field), Form::List(&Form::Name(Names::Field))]),
            "The fields, in order.",
        ),
        key("unique", Form::Bool, "Whether no two records have the same values in these fields."),
    ],
);
