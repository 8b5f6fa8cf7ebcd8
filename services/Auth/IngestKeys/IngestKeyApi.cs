using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Auth.Connections;
using Partner.Auth.Credentials;

namespace Partner.Auth.IngestKeys;

internal static class IngestKeyApi
{
    // Some Datadog clients check that a key is 32 hexadecimal digits.
    private const int KeyLength = 32;

    public static RouteGroupBuilder MapIngestKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes
            .MapGroup("/partner/v1/connections/{connection}/ingest-keys")
            .RequirePartner()
            .RequireRateLimiting(RateLimits.Keys);
        group.MapPost("/", Create).WithSummary("Makes an ingest key; the answer is the only one that shows it");
        group.MapGet("/", List).WithSummary("Lists ingest keys, revoked ones too");
        group.MapDelete("/{id:guid}", Revoke).WithSummary("Revokes an ingest key: everywhere within 5 s");

        routes
            .MapGet(
                "/internal/v1/ingest-keys",
                (long after, IngestKeyFeed feed, CancellationToken cancellationToken) =>
                    feed.ReadAsync(after, cancellationToken)
            )
            .RequireCaller("ingest-keys");
        routes.MapPost("/internal/v1/key-uses", Used).RequireCaller("ingest-keys");
        return group;
    }

    private static async Task<NoContent> Used(
        KeyUses uses,
        IngestKeyStore keys,
        CredentialStore credentials,
        CancellationToken cancellationToken
    )
    {
        await keys.MarkUsedAsync(uses.IngestKeys, cancellationToken);
        await credentials.MarkUsedAsync(uses.Credentials, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Created<CreatedIngestKey>, ProblemHttpResult>> Create(
        ConnectionId connection,
        CreateIngestKey? request,
        HttpContext context,
        IngestKeyStore keys,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        var (id, key) = (Guid.CreateVersion7(), RandomNumberGenerator.GetHexString(KeyLength, lowercase: true));
        var strict = request?.Strict ?? false;
        if (!await keys.AddAsync(id, connection, OpaqueTokens.Hash(key), Prefix(key), strict, cancellationToken))
        {
            return PartnerProblems.NotFound("connection, or it is disconnected");
        }

        await auditor.WriteAsync(connection, "ingest_key.created", context.Actor(), ("key", id.ToString()));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/partner/v1/connections/{connection}/ingest-keys/{id}",
            new CreatedIngestKey(id, new Secret(key), Prefix(key), strict)
        );
    }

    private static async Task<Results<Ok<IngestKeyList>, ProblemHttpResult>> List(
        ConnectionId connection,
        ConnectionStore connections,
        IngestKeyStore keys,
        Guid? after,
        CancellationToken cancellationToken,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    )
    {
        if (await connections.FindAsync(connection, cancellationToken) is null)
        {
            return PartnerProblems.NotFound("connection");
        }

        var found = await keys.ListAsync(connection, after, limit + 1, cancellationToken);
        var (page, next) = ListPaging.Cut(found, limit, k => k.Id.ToString());
        return TypedResults.Ok(new IngestKeyList(page, next));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(
        ConnectionId connection,
        Guid id,
        HttpContext context,
        IngestKeyStore keys,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (!await keys.RevokeAsync(connection, id, cancellationToken))
        {
            return PartnerProblems.NotFound("live ingest key");
        }

        await auditor.WriteAsync(connection, "ingest_key.revoked", context.Actor(), ("key", id.ToString()));
        return TypedResults.NoContent();
    }

    // Four characters are all that is ever shown again (security 39).
    private static string Prefix(string key) => key[..4];
}

/// <param name="Strict">One bad item refuses the whole request.</param>
public sealed record CreateIngestKey(bool? Strict);

/// <param name="Key">Shown this once.</param>
public sealed record CreatedIngestKey(
    Guid Id,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Key,
    string Prefix,
    bool Strict
);
