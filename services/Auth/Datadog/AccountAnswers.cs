namespace Partner.Auth.Datadog;

/// <summary>The org of a token, as Datadog's server says.</summary>
internal abstract record OrgAnswer
{
    public sealed record Known(string Org) : OrgAnswer;

    /// <summary>This token may not ask (datadog-facts 2.6: an endpoint may refuse a good token).</summary>
    public sealed record Unprovable : OrgAnswer;

    public sealed record TryLater : OrgAnswer;
}

/// <summary>Answer of the marketplace key endpoint (datadog-facts 2.8).</summary>
internal abstract record MintAnswer
{
    public sealed record Minted(string KeyId, Secret Key) : MintAnswer;

    /// <summary>409: the org has a key of this client, and its value is not told again.</summary>
    public sealed record Exists : MintAnswer;

    /// <summary>401 or 403: the client lacks api_keys_write, or the user the permission.</summary>
    public sealed record NotPermitted : MintAnswer;

    public sealed record TryLater(TimeSpan? After) : MintAnswer;
}

/// <summary>The answer of validate about an API key.</summary>
internal abstract record KeyAnswer
{
    /// <param name="Org">From v2; null if only v1 answered.</param>
    public sealed record Valid(string? Org) : KeyAnswer;

    public sealed record Rejected : KeyAnswer;

    /// <summary>It belongs to another site, so this one was not asked (security 28).</summary>
    public sealed record OfAnotherSite : KeyAnswer;

    public sealed record Unknown : KeyAnswer;
}
