//! A step type is an action or a control step; an action says what repeating it does.

/// Says nothing of itself.
#[derive(locus_plugin::Step)]
struct Nothing;

/// Is neither.
#[derive(locus_plugin::Step)]
#[step(name = "neither")]
struct Neither;

/// Is both.
#[derive(locus_plugin::Step)]
#[step(name = "both", action, control)]
struct Both;

/// Keeps its effect to itself.
#[derive(locus_plugin::Step)]
#[step(name = "no_effect", action)]
struct NoEffect;

/// Has an effect that there is not.
#[derive(locus_plugin::Step)]
#[step(name = "some_effect", action, effect = "idempotant")]
struct SomeEffect;

/// Has no blocks whose signals it could catch.
#[derive(locus_plugin::Step)]
#[step(name = "catcher", action, effect = "pure", catches("break"))]
struct Catcher;

fn main() {}
