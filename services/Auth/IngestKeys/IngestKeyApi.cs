using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.Auth.IngestKeys;

internal static class IngestKeyApi
{
    // Some Datadog clients check that a key is 32 hexadecimal digits.
    private const int KeyLength = 32;

    public static RouteGroupBuilder MapIngestKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/connections/{connection}/ingest-keys")
            .RequirePartner()
            .RequireRateLimiting(RateLimits.Keys);
        group.MapPost("/", Create);
        group.MapGet("/", List);
        group.MapDelete("/{id:guid}", Revoke);
        return group;
    }

    public static void MapFeed(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/v1/ingest-keys", (long after, Feed feed, CancellationToken cancellationToken) =>
            feed.ReadAsync(after, cancellationToken)).RequireCaller("ingest-keys");

    private static async Task<Results<Created<CreatedIngestKey>, ProblemHttpResult>> Create(
        ConnectionId connection, CreateIngestKey? request, HttpContext context, IngestKeyStore keys, Auditor auditor,
        CancellationToken cancellationToken)
    {
        var (id, key) = (Guid.CreateVersion7(), RandomNumberGenerator.GetHexString(KeyLength, lowercase: true));
        var strict = request?.Strict ?? false;
        if (!await keys.AddAsync(id, connection, Handles.Hash(key), key[^4..], strict, cancellationToken))
        {
            return Problems.NotFound("connection, or it is disconnected");
        }

        await auditor.WriteAsync(connection, "ingest_key.created", context.Actor(), ("key", id.ToString()));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/partner/v1/connections/{connection}/ingest-keys/{id}", new CreatedIngestKey(id, new Secret(key),
            key[^4..], strict));
    }

    private static async Task<Ok<IReadOnlyList<IngestKeyView>>> List(
        ConnectionId connection, IngestKeyStore keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(await keys.ListAsync(connection, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(
        ConnectionId connection, Guid id, HttpContext context, IngestKeyStore keys, Auditor auditor,
        CancellationToken cancellationToken)
    {
        if (!await keys.RevokeAsync(connection, id, cancellationToken))
        {
            return Problems.NotFound("live ingest key");
        }

        await auditor.WriteAsync(connection, "ingest_key.revoked", context.Actor(), ("key", id.ToString()));
        return TypedResults.NoContent();
    }
}

/// <param name="Strict">One bad item refuses the whole request.</param>
public sealed record CreateIngestKey(bool? Strict);

/// <param name="Key">Shown this once.</param>
public sealed record CreatedIngestKey(
    Guid Id,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Key,
    string Last4,
    bool Strict);
