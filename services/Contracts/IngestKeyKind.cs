using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>What an ingest key is to the client that sends with it, by Datadog's own words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IngestKeyKind>))]
public enum IngestKeyKind
{
    /// <summary>32 hexadecimal digits, a secret of the partner's backend: appends to every intake.</summary>
    [JsonStringEnumMemberName("api_key")]
    ApiKey,

    /// <summary>
    /// <see cref="ClientToken.Mark"/> and 32 hexadecimal digits, in the source of a page for all to see: appends browser
    /// logs from the origins that it was made for.
    /// </summary>
    [JsonStringEnumMemberName("client_token")]
    ClientToken,
}

/// <summary>
/// The form of client tokens, which is that of Datadog's own. It tells them from API keys before anything is looked up,
/// so neither can pass for the other, whichever version of a service knows the kinds.
/// </summary>
public static class ClientToken
{
    public const string Mark = "pub";

    public static bool IsOne(string key) => key.StartsWith(Mark, StringComparison.Ordinal);
}
