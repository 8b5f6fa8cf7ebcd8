using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Auth.Connections;
using Partner.Auth.Credentials;

namespace Partner.Auth.IngestKeys;

internal static class IngestKeyApi
{
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
        var asked = request ?? new CreateIngestKey();
        if (asked.Wrong() is { } wrong)
        {
            return Problems.Invalid(wrong.Field, wrong.Why);
        }

        var kind = asked.Kind ?? IngestKeyKind.ApiKey;
        var (id, key) = (Guid.CreateVersion7(), IngestKeyText.New(kind));
        var (prefix, strict) = (IngestKeyText.Prefix(kind, key), asked.Strict ?? false);
        string[] origins = [.. (asked.Origins ?? []).Distinct(StringComparer.Ordinal)];
        if (
            !await keys.AddAsync(
                id,
                connection,
                OpaqueTokens.Hash(key),
                prefix,
                strict,
                kind,
                origins,
                cancellationToken
            )
        )
        {
            return PartnerProblems.NotFound("connection, or it is disconnected");
        }

        await auditor.WriteAsync(
            connection,
            "ingest_key.created",
            context.Actor(),
            [
                ("key", id.ToString()),
                ("kind", kind.Text()),
                // Apart from each other, since a detail has an end.
                .. origins.Select((origin, number) => ($"origin_{number + 1}", (string?)origin)),
            ]
        );
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/partner/v1/connections/{connection}/ingest-keys/{id}",
            new CreatedIngestKey(id, new Secret(key), prefix, strict, kind, origins)
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
}
