//! Rust's declarations of the C functions, made of the header that C++ includes.
//!
//! It reads what `src/native/native.h` is written in: functions, structs of fields, opaque structs
//! and pointers to functions, over a few types. Anything else is an error of the build rather than
//! a guess.

use std::fmt::Write as _;

/// The Rust source for a header: `#[repr(C)]` structs and one `extern "C"` block.
pub fn bindings(header: &str) -> Result<String, String> {
    let (mut structs, mut functions) = (String::new(), String::new());
    for statement in statements(header)? {
        let mut words = Words::of(&statement);
        let item = if words.next_is("struct") { structure(&mut words) } else { function(&mut words) };
        let item = item.map_err(|error| format!("{error}, in: {statement}"))?;
        let into = if statement.starts_with("struct") { &mut structs } else { &mut functions };
        into.push_str(&item);
    }
    Ok(format!("{structs}\nunsafe extern \"C\" {{\n{functions}}}\n"))
}

/// The declarations within `extern "C" { … }`, without comments.
fn statements(header: &str) -> Result<Vec<String>, String> {
    let lines = header.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join(" ");
    let (_, body) = code.split_once("extern \"C\" {").ok_or("there is no extern \"C\" { … }")?;
    let (mut found, mut depth, mut statement) = (Vec::new(), 0, String::new());
    for letter in body.chars() {
        match letter {
            '}' if depth == 0 => {
                return if statement.trim().is_empty() { Ok(found) } else { Err(format!("no `;` after {statement}")) };
            }
            ';' if depth == 0 => found.push(std::mem::take(&mut statement).trim().to_owned()),
            _ => {
                depth += i32::from(letter == '{') - i32::from(letter == '}');
                statement.push(letter);
            }
        }
    }
    Err("extern \"C\" { is not closed".to_owned())
}

/// What a statement consists of: names, numbers and signs.
struct Words {
    all: Vec<String>,
    at: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut all: Vec<String> = Vec::new();
        let mut word = String::new();
        for letter in text.chars().chain([' ']) {
            if letter.is_alphanumeric() || matches!(letter, '_' | ':') {
                word.push(letter);
                continue;
            }
            all.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            all.extend((!letter.is_whitespace()).then(|| letter.to_string()));
        }
        Self { all, at: 0 }
    }

    fn peek(&self) -> &str {
        self.all.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let word = self.peek().to_owned();
        self.at += 1;
        word
    }

    fn next_is(&mut self, expected: &str) -> bool {
        let is = self.peek() == expected;
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        let found = self.next();
        if found == expected { Ok(()) } else { Err(format!("`{found}` where `{expected}` belongs")) }
    }

    fn name(&mut self) -> Result<String, String> {
        let name = self.next();
        let is_name = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_') && !name.contains(':');
        if is_name { Ok(name) } else { Err(format!("`{name}` where a name belongs")) }
    }
}

/// `struct A` or `struct A { fields }`; the word `struct` is read already.
fn structure(words: &mut Words) -> Result<String, String> {
    let name = words.name()?;
    let mut fields = String::new();
    if words.next_is("{") {
        while !words.next_is("}") {
            let (field, kind) = declared(words)?;
            let _ = writeln!(fields, "    pub {field}: {},", kind.ok_or("a field without a type")?);
            words.expect(";")?;
        }
    } else {
        fields.push_str("    _opaque: [u8; 0],\n");
    }
    words.expect("")?;
    Ok(format!("#[repr(C)]\n#[derive(Debug)]\npub struct {name} {{\n{fields}}}\n"))
}

fn function(words: &mut Words) -> Result<String, String> {
    let returned = kind(words)?;
    let name = words.name()?;
    let parameters = parameters(words)?;
    words.expect("")?;
    Ok(format!("    pub fn {name}({parameters}){};\n", arrow(returned.as_deref())))
}

/// `(type name, …)`, as Rust writes it.
fn parameters(words: &mut Words) -> Result<String, String> {
    words.expect("(")?;
    let mut all = Vec::new();
    while !words.next_is(")") {
        let (name, kind) = declared(words)?;
        all.push(format!("{name}: {}", kind.ok_or("a parameter without a type")?));
        if words.peek() != ")" {
            words.expect(",")?;
        }
    }
    Ok(all.join(", "))
}

/// A name with its type; `None`: void. Pointers to functions bear theirs on both sides of the name.
fn declared(words: &mut Words) -> Result<(String, Option<String>), String> {
    let kind = kind(words)?;
    if words.next_is("(") {
        words.expect("*")?;
        let name = words.name()?;
        words.expect(")")?;
        let parameters = parameters(words)?;
        return Ok((name, Some(format!("unsafe extern \"C\" fn({parameters}){}", arrow(kind.as_deref())))));
    }
    Ok((words.name()?, kind))
}

fn arrow(returned: Option<&str>) -> String {
    returned.map(|kind| format!(" -> {kind}")).unwrap_or_default()
}

/// A type without a name; `None`: void.
fn kind(words: &mut Words) -> Result<Option<String>, String> {
    let mut constant = words.next_is("const");
    let base = words.next();
    let mut kind = match base.as_str() {
        "void" => "c_void",
        "char" => "c_char",
        "int" => "c_int",
        "uint32_t" => "u32",
        "uint64_t" => "u64",
        "int64_t" => "i64",
        "size_t" => "usize",
        "double" => "f64",
        "bool" => "bool",
        "at::Tensor" => "C_tensor",
        own if own.starts_with("Titer") => own,
        other => return Err(format!("the type `{other}` is not known")),
    }
    .to_owned();
    let mut pointers = 0;
    while words.next_is("*") {
        kind = format!("*{} {kind}", if constant { "const" } else { "mut" });
        constant = words.next_is("const");
        pointers += 1;
    }
    if constant && pointers == 0 {
        return Err(format!("a constant `{base}` by value"));
    }
    if pointers > 0 {
        return Ok(Some(kind));
    }
    match base.as_str() {
        "void" => Ok(None),
        "at::Tensor" => Err("a tensor by value".to_owned()),
        _ => Ok(Some(kind)),
    }
}
