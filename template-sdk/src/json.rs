//! The macro `json!`: JSON as it is written, with expressions in it, as `serde_json` reads it.
//! It never unrolls into code for each member: what is known when the template is built is one text.

/// Returns a [`Value`](crate::Value) from JSON with expressions in it.
///
/// ```
/// use template_sdk::json;
/// let (name, ports) = ("cache", [6379, 16379]);
/// let label = || "app".to_owned();
/// let service = json!({"metadata": {"name": name, label(): null}, "spec": {"ports": ports, "grace": 2 * 30}});
/// assert_eq!(service["metadata"].to_string(), r#"{"app":null,"name":"cache"}"#);
/// assert_eq!(service["spec"].to_string(), r#"{"grace":60,"ports":[6379,16379]}"#);
/// ```
///
/// What is not an expression becomes one text and is read by [`shape`](crate::shape) where it is needed: a member
/// costs its letters in the component, not the code that inserts it. A very long document needs
/// `#![recursion_limit = "256"]`, as the compiler then says.
#[macro_export]
macro_rules! json {
    ($($value:tt)+) => {
        $crate::json_shape!(value [] [] [] $($value)+)
    };
}

/// Walks JSON token by token: the text so far, the expressions so far, what encloses the place, what is left.
#[doc(hidden)]
#[macro_export]
macro_rules! json_shape {
    // All read: one text and the expressions of its holes.
    (end [$($text:expr,)*] [$($hole:expr,)*] []) => {{
        const SHAPE: &str = concat!($($text,)*);
        const { assert!($crate::shape::is_sound(SHAPE), "json! reads plain texts and numbers, true, false and null; put any other literal in parentheses") };
        $crate::shape::fill(SHAPE, [$($hole,)*])
    }};
    // What encloses the place goes on.
    (end [$($text:tt)*] $holes:tt [($mode:ident $close:literal $($rest:tt)*) $($outer:tt)*]) => {
        $crate::json_shape!($mode [$($text)* $close,] $holes [$($outer)*] $($rest)*)
    };

    // A value alone.
    (value [] [] [] null) => { $crate::Value::Null };
    (value [] [] [] {$($inner:tt)*}) => { $crate::json_shape!(member ["{",] [] [(end "}")] $($inner)*) };
    (value [] [] [] [$($inner:tt)*]) => { $crate::json_shape!(item ["[",] [] [(end "]")] $($inner)*) };
    (value [] [] [] $value:expr) => { $crate::shape::of(&$value) };

    // Members of an object.
    (member $text:tt $holes:tt $outer:tt) => { $crate::json_shape!(end $text $holes $outer) };
    (member [$($text:tt)*] $holes:tt $outer:tt $key:literal: null $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* stringify!($key), ":null,",] $holes $outer $($($rest)*)?)
    };
    (member [$($text:tt)*] $holes:tt [$($outer:tt)*] $key:literal: {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* stringify!($key), ":{",] $holes [(member "}," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    (member [$($text:tt)*] $holes:tt [$($outer:tt)*] $key:literal: [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* stringify!($key), ":[",] $holes [(member "]," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    // A minus could begin either: it is left to the expression.
    (member [$($text:tt)*] $holes:tt $outer:tt $key:literal: - $($rest:tt)+) => {
        $crate::json_shape!(computed [$($text)* stringify!($key), ":",] $holes $outer - $($rest)+)
    };
    (member [$($text:tt)*] $holes:tt $outer:tt $key:literal: $value:literal $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* stringify!($key), ":", stringify!($value), ",",] $holes $outer $($($rest)*)?)
    };
    (member [$($text:tt)*] [$($hole:tt)*] $outer:tt $key:literal: $value:expr $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* stringify!($key), ":\u{1},",] [$($hole)* $crate::shape::of(&$value),] $outer $($($rest)*)?)
    };
    // A key that is an expression is collected up to its colon.
    (member $text:tt $holes:tt $outer:tt $($rest:tt)+) => { $crate::json_shape!(key () $text $holes $outer $($rest)+) };
    (key ($($key:tt)+) [$($text:tt)*] [$($hole:tt)*] [$($outer:tt)*] : $($rest:tt)+) => {
        $crate::json_shape!(computed [$($text)* "\u{1}:",] [$($hole)* $crate::shape::key($($key)+),] [$($outer)*] $($rest)+)
    };
    (key ($($key:tt)*) $text:tt $holes:tt $outer:tt $next:tt $($rest:tt)*) => {
        $crate::json_shape!(key ($($key)* $next) $text $holes $outer $($rest)*)
    };
    (computed [$($text:tt)*] [$($hole:tt)*] $outer:tt null $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* "null,",] [$($hole)*] $outer $($($rest)*)?)
    };
    (computed [$($text:tt)*] $holes:tt [$($outer:tt)*] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* "{",] $holes [(member "}," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    (computed [$($text:tt)*] $holes:tt [$($outer:tt)*] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* "[",] $holes [(member "]," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    (computed [$($text:tt)*] [$($hole:tt)*] $outer:tt $value:expr $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* "\u{1},",] [$($hole)* $crate::shape::of(&$value),] $outer $($($rest)*)?)
    };

    // Items of an array.
    (item $text:tt $holes:tt $outer:tt) => { $crate::json_shape!(end $text $holes $outer) };
    (item [$($text:tt)*] $holes:tt $outer:tt null $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* "null,",] $holes $outer $($($rest)*)?)
    };
    (item [$($text:tt)*] $holes:tt [$($outer:tt)*] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::json_shape!(member [$($text)* "{",] $holes [(item "}," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    (item [$($text:tt)*] $holes:tt [$($outer:tt)*] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* "[",] $holes [(item "]," $($($rest)*)?) $($outer)*] $($inner)*)
    };
    (item $text:tt $holes:tt $outer:tt - $($rest:tt)+) => { $crate::json_shape!(negative $text $holes $outer - $($rest)+) };
    (negative [$($text:tt)*] [$($hole:tt)*] $outer:tt $value:expr $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* "\u{1},",] [$($hole)* $crate::shape::of(&$value),] $outer $($($rest)*)?)
    };
    (item [$($text:tt)*] $holes:tt $outer:tt $value:literal $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* stringify!($value), ",",] $holes $outer $($($rest)*)?)
    };
    (item [$($text:tt)*] [$($hole:tt)*] $outer:tt $value:expr $(, $($rest:tt)*)?) => {
        $crate::json_shape!(item [$($text)* "\u{1},",] [$($hole)* $crate::shape::of(&$value),] $outer $($($rest)*)?)
    };
}
