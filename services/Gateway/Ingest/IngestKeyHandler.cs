using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Partner.Gateway.Browser;
using Partner.Gateway.Keys;
using Partner.Gateway.Limits;

namespace Partner.Gateway.Ingest;

/// <summary>The scheme of Datadog's intake. The <see cref="IngestKey"/> is a feature of the request.</summary>
internal sealed class IngestKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    RequestLimits limits,
    KeyTable table,
    IngestKeyPoller poller,
    IOptions<IngestOptions> ingest
) : CredentialHandler(options, encoder, limits)
{
    /// <summary>The scheme and the policy that asks for it.</summary>
    public const string Name = "IngestKey";

    // One for all requests: the features say whose request it is.
    private static readonly AuthenticateResult Known = Success(Name);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var route = Context.GetEndpoint()?.Metadata.GetMetadata<IngestRoute>() ?? IngestRoute.Default;
        // A URL gets into more hands than a header does: a key that it shows may append, not read. A client token is no
        // secret, and has no other place.
        var inUrl = route.ClientTokens || (ingest.Value.AcceptKeyInUrl && !route.Reads);
        var presented = PresentedKey.Read(Context, inUrl);
        if (presented.Length == 0)
        {
            return Fail(HttpRejection.KeyRequired with { Status = route.MissingKeyStatus });
        }

        if (!table.CanAnswer)
        {
            return Reject(HttpRejection.Unavailable(UnavailableCause.KeysUnknown));
        }

        // Two keys are two answers to "who are you": no guess is made.
        if (presented.Length > 1 || !KeyHash.TryOfKey(presented[0], out var hash))
        {
            return Fail(HttpRejection.Forbidden);
        }

        var key = table.Find(hash);
        // A refusal makes clients drop their data; a key that may have been made a moment ago is not refused.
        if (key is null && !await poller.PollAgainAsync())
        {
            return Fail(HttpRejection.Unavailable(UnavailableCause.KeyUnconfirmed));
        }

        key ??= table.Find(hash);
        if (key is null)
        {
            return Fail(HttpRejection.Forbidden);
        }

        if (ClientTokenRules.Refuse(route, presented[0], key, Request.Headers.Origin) is { } refusal)
        {
            return Fail(refusal);
        }

        key.Use.Set();
        Context.Features.Set(key);
        var permission = route.Reads ? "reads" : "append";
        return Admit(new ServiceClaims(Connection: key.Connection.Text, Strict: key.Strict, Only: permission), Known);
    }
}
