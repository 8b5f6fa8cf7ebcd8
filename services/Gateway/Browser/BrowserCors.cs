using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Partner.Gateway.Ingest;
using Partner.Gateway.Keys;

namespace Partner.Gateway.Browser;

/// <summary>
/// CORS by the client token of the request: pages of its origins may read the answer, refusals too. The SDK keeps a
/// batch after a 429 or 503 that it can read, and drops it after an answer that it cannot.
/// </summary>
internal sealed class BrowserCors(KeyTable table) : ICorsPolicyProvider
{
    public const string Policy = "browser-logs";

    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName) =>
        Task.FromResult(policyName == Policy ? PolicyOf(KeyOf(context)) : null);

    // Of a token that is not known the answer is a refusal without anybody's content: any page may read that, since it
    // may be "send again" of one that is known elsewhere. No cookie or other credential of the browser's is let in.
    private static CorsPolicy PolicyOf(IngestKey? key) =>
        new CorsPolicyBuilder()
            .WithMethods(HttpMethods.Post)
            .WithHeaders(HeaderNames.ContentType)
            .SetIsOriginAllowed(origin => key is null || ClientTokenRules.IsOrigin(key, origin))
            .DisallowCredentials()
            .Build();

    private IngestKey? KeyOf(HttpContext context) =>
        context.Features.Get<UrlKeys>()?.Values is [var one] && KeyHash.TryOfKey(one, out var hash)
            ? table.Find(hash)
            : null;
}

/// <summary>Says that an answer differs by origin where the origin is refused, too: caches would mix them up.</summary>
internal sealed class VaryingCorsService(IOptions<CorsOptions> options, ILoggerFactory loggers)
    : CorsService(options, loggers)
{
    public override void ApplyResult(CorsResult result, HttpResponse response)
    {
        base.ApplyResult(result, response);
        if (!result.VaryByOrigin || !result.IsOriginAllowed)
        {
            response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.Origin);
        }
    }
}
