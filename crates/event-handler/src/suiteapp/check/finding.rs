//! What is wrong with a project.

use std::fmt;

/// Declares the rules with their codes.
macro_rules! rules {
    ($( $(#[doc = $meaning:literal])+ $rule:ident = $code:literal, )+) => {
        /// A rule of SDF projects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $( $(#[doc = $meaning])+ $rule, )+ }

        impl Rule {
            /// Stable code.
            pub fn code(self) -> &'static str {
                match self { $( Self::$rule => $code, )+ }
            }
        }
    };
}

rules! {
    /// A file that every project has is missing.
    FileMissing = "file_missing",
    /// A file that is not well-formed XML.
    Malformed = "xml_malformed",
    /// Markup written with entities (`&lt;label&gt;`): text where elements were meant.
    EscapedMarkup = "xml_escaped_markup",
    /// The manifest lacks something.
    ManifestIncomplete = "manifest_incomplete",
    /// The deployment list lacks a section.
    DeployIncomplete = "deploy_incomplete",
    /// A feature is used and not declared.
    FeatureUndeclared = "feature_undeclared",
    /// A declared feature is none that is known.
    FeatureUnknown = "feature_unknown",
    /// An object's element is none that is known.
    ElementUnknown = "element_unknown",
    /// The file is not named as the object in it.
    FileName = "file_name",
    /// A script id is missing.
    IdMissing = "id_missing",
    /// A script id has other characters than lower-case letters, digits and `_`.
    IdMalformed = "id_malformed",
    /// A script id does not begin as its element demands.
    IdPrefix = "id_prefix",
    /// A script id is too long.
    IdTooLong = "id_too_long",
    /// Two objects have one script id.
    IdDuplicate = "id_duplicate",
    /// An element that is needed is missing or empty.
    ChildMissing = "child_missing",
    /// An element that is refused where it stands.
    ChildRefused = "child_refused",
    /// A place that a field applies to is none that is known.
    PlaceUnknown = "place_unknown",
    /// A yes or no that is neither `T` nor `F`.
    NotBoolean = "not_boolean",
    /// A word that its element does not know.
    WordUnknown = "word_unknown",
    /// A script without a deployment.
    DeploymentMissing = "deployment_missing",
    /// A deployment that would do nothing, or not when it should.
    NotReleased = "not_released",
    /// A script parameter that must be filled in: deployment fails.
    ParameterMandatory = "parameter_mandatory",
    /// A role or audience that this kind of script does not take.
    AudienceRefused = "audience_refused",
    /// A file that is referred to does not exist.
    FileReference = "file_reference",
    /// An object that is referred to does not exist.
    ObjectReference = "object_reference",
    /// A script whose header does not say what its object says.
    ScriptHeader = "script_header",
}

/// One fault of a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The rule that it breaks.
    pub rule: Rule,
    /// What exactly.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.path, self.rule.code(), self.detail)
    }
}

/// Findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, path: &str, rule: Rule, detail: impl Into<String>) {
        self.0.push(Finding { path: path.to_owned(), rule, detail: detail.into() });
    }

    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.0.sort();
        self.0
    }
}
