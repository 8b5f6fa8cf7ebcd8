namespace Partner.Sandbox.Reads;

/// <summary>Why a read was refused (see <see cref="Fact"/>).</summary>
internal static class ReadFact
{
    public const string BearerDead =
        "datadog-facts 2.6, 4: no token, or one that is expired, revoked or of another site";
    public const string KeyAlone =
        "datadog-facts 2.9: a read takes a bearer token, or an API key with an application key";
    public const string Scope = "datadog-facts 2.6, 4: the grant lacks the scope of this read";
    public const string Page = "datadog-facts 4: a page parameter out of its range; the status is ND, 400 chosen";
    public const string Query = "datadog-facts 4: from, to and query are needed; the text is ND";
    public const string Limit = "datadog-facts 3.8: the org's limit is used up; the body is ND";
}
