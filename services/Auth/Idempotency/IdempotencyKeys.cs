using System.Security.Cryptography;
using System.Text.Json;
using Partner.Auth.Tokens;

namespace Partner.Auth.Idempotency;

/// <summary>
/// <c>Idempotency-Key</c> on every POST of the partner API: the same key with the same body gets the same answer for
/// 24 hours, however often it is sent. An answer is stored, sealed, before the client has it.
/// </summary>
internal sealed class IdempotencyKeys(RequestDelegate next, IdempotentAnswerStore store, Sealer sealer)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var key = context.Request.Headers[IdempotencyKey.HeaderName];
        if (
            key.Count == 0
            || !HttpMethods.IsPost(context.Request.Method)
            || context.GetEndpoint()?.Metadata.GetMetadata<PartnerEndpoint>() is null
        )
        {
            await next(context);
            return;
        }

        if (!IdempotencyKey.IsValid(key))
        {
            await PartnerProblems.BadRequest("invalid-idempotency-key", IdempotencyKey.Rule).ExecuteAsync(context);
            return;
        }

        if (await ReadBodyAsync(context) is not { } body)
        {
            await TypedResults.Problem(statusCode: 413, title: "The body is too large.").ExecuteAsync(context);
            return;
        }

        var request = new IdempotentCall(
            context.Actor(),
            PathOf(context.Request),
            OpaqueTokens.Hash(key.ToString()),
            RequestHash(context.Request, body)
        );
        await AnswerAsync(context, request, await ClaimAsync(request, context.RequestAborted));
    }

    private async Task<Claim> ClaimAsync(IdempotentCall request, CancellationToken cancellationToken)
    {
        // Without the vault the answer could not be kept: then nothing is done, and the answer is 503.
        await sealer.SealAsync(new Secret(""), request.Context, cancellationToken);
        return await store.ClaimAsync(request, cancellationToken);
    }

    private async Task AnswerAsync(HttpContext context, IdempotentCall request, Claim claim)
    {
        switch (claim)
        {
            case Claim.Mine mine:
                await DoAsync(context, request, mine.Holder);
                break;
            case Claim.Done done:
                await RepeatAsync(
                    context,
                    await sealer.OpenAsync(done.Answer, request.Context, context.RequestAborted)
                );
                break;
            case Claim.Reused:
                await TypedResults
                    .Problem(statusCode: 422, type: "idempotency-key-reused", title: IdempotencyKey.Reused)
                    .ExecuteAsync(context);
                break;
            default:
                context.Response.Headers.RetryAfter = "1";
                await PartnerProblems
                    .Conflict("idempotency-key-in-use", "A request with this key is being done; try again.")
                    .ExecuteAsync(context);
                break;
        }
    }

    private async Task DoAsync(HttpContext context, IdempotentCall request, Guid holder)
    {
        var (client, answer) = (context.Response.Body, new MemoryStream());
        var isKept = false;
        try
        {
            context.Response.Body = answer;
            await next(context);
            isKept = IsFinal(context.Response.StatusCode);
            if (isKept)
            {
                var text = JsonSerializer.Serialize(StoredAnswer.Of(context.Response, answer));
                var kept = await sealer.SealAsync(new Secret(text), request.Context, CancellationToken.None);
                await store.CompleteAsync(request, holder, kept);
            }
        }
        finally
        {
            context.Response.Body = client;
            if (!isKept)
            {
                await store.ReleaseAsync(request, holder);
            }
        }

        answer.Position = 0;
        await answer.CopyToAsync(client, context.RequestAborted);
    }

    private static async Task RepeatAsync(HttpContext context, Secret? kept)
    {
        if (kept is null)
        {
            await PartnerProblems
                .Conflict("idempotency-answer-gone", "This was done, and its answer can no longer be read.")
                .ExecuteAsync(context);
            return;
        }

        await JsonSerializer.Deserialize<StoredAnswer>(kept.Reveal())!.WriteAsync(context.Response);
    }

    // Our own failures, and what only asks to wait, are not the answer to the request.
    private static bool IsFinal(int status) => status is < 500 and not (403 or 408 or 429);

    // One path has several spellings to routing: of letters' case, and of a slash at the end. Ids have none.
    private static string PathOf(HttpRequest request) => request.Path.Value!.TrimEnd('/').ToLowerInvariant();

    private static string RequestHash(HttpRequest request, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{request.QueryString}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            if (body.Length + read > PartnerAccess.MaxBodyBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        body.Position = 0;
        context.Request.Body = body;
        return body.ToArray();
    }

    private sealed record StoredAnswer(int Status, string? ContentType, string? Location, byte[] Body)
    {
        public static StoredAnswer Of(HttpResponse response, MemoryStream body) =>
            new(response.StatusCode, response.ContentType, response.Headers.Location, body.ToArray());

        public async Task WriteAsync(HttpResponse response)
        {
            response.StatusCode = Status;
            response.ContentType = ContentType;
            response.Headers[IdempotencyKey.ReplayedHeaderName] = "true";
            response.Headers.CacheControl = "no-store";
            if (Location is not null)
            {
                response.Headers.Location = Location;
            }

            // An empty body is left to the middleware that writes bodies for bare status codes.
            if (Body.Length > 0)
            {
                await response.Body.WriteAsync(Body, response.HttpContext.RequestAborted);
            }
        }
    }
}
