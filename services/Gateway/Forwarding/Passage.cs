using Partner.ServiceDefaults;

namespace Partner.Gateway.Forwarding;

internal enum PassageKind
{
    Ingest,
    Partner,

    /// <summary>People's pages: the only ones where cookies mean something.</summary>
    Page,
}

/// <summary>Leave to go on: to which service, saying what.</summary>
internal sealed record Passage(string Service, ServiceClaims Claims, PassageKind Kind);

/// <summary>What a door decides: a passage or a refusal.</summary>
internal readonly record struct Entry(Passage? Passage, HttpRejection? Refusal)
{
    public static implicit operator Entry(Passage passage) => new(passage, null);

    public static implicit operator Entry(HttpRejection refusal) => new(null, refusal);
}

/// <summary>One way in.</summary>
internal sealed record DoorRoute(
    string Id,
    string Path,
    string[]? Methods,
    string Service,
    ErrorShape Errors,
    Func<HttpContext, ValueTask<Entry>> Admit
);
