using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Auth.Connections;

/// <summary>
/// Audit trails for the partner, of a connection and of what concerns none. The vault keeps them; only services get to
/// talk to the vault.
/// </summary>
internal static class AuditTrailApi
{
    // A filter may pass over much: after so many of the vault's pages the client is told where to go on.
    private const int MostPages = 4;
    private const int VaultPage = 500;

    public static void MapAuditTrail(this RouteGroupBuilder group)
    {
        group
            .MapGet("/connections/{connection}/audit", List)
            .WithSummary("Shows what happened to a connection, and who did it");
        group
            .MapGet("/audit", ListPartners)
            .WithSummary("Shows what was done to webhooks, credentials and tenants, and who did it");
    }

    private static async Task<Results<Ok<AuditTrail>, ProblemHttpResult>> List(
        ConnectionId connection,
        ConnectionStore connections,
        VaultClient vault,
        string? @event,
        DateTimeOffset? from,
        DateTimeOffset? until,
        CancellationToken cancellationToken,
        [Range(0, long.MaxValue)] long after = 0,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    )
    {
        if (await connections.FindAsync(connection, cancellationToken) is null)
        {
            return PartnerProblems.NotFound("connection");
        }

        return await ReadAsync(connection, vault, @event, from, until, after, limit, cancellationToken);
    }

    private static async Task<Ok<AuditTrail>> ListPartners(
        VaultClient vault,
        string? @event,
        DateTimeOffset? from,
        DateTimeOffset? until,
        CancellationToken cancellationToken,
        [Range(0, long.MaxValue)] long after = 0,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    ) => await ReadAsync(AuditChainId.Partner, vault, @event, from, until, after, limit, cancellationToken);

    private static async Task<Ok<AuditTrail>> ReadAsync(
        AuditChainId chain,
        VaultClient vault,
        string? @event,
        DateTimeOffset? from,
        DateTimeOffset? until,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var found = new List<AuditTrailEntry>();
        for (var page = 0; page < MostPages; page++)
        {
            var read = await vault.ReadAuditAsync(chain, after, VaultPage, cancellationToken);
            foreach (var entry in read.Entries)
            {
                if (found.Count == limit || entry.At >= until)
                {
                    return TypedResults.Ok(new AuditTrail(found, entry.At >= until ? null : after));
                }

                after = entry.Seq;
                if ((from is null || entry.At >= from) && Matches(entry.Event, @event))
                {
                    found.Add(entry);
                }
            }

            if (!read.More)
            {
                return TypedResults.Ok(new AuditTrail(found, null));
            }
        }

        return TypedResults.Ok(new AuditTrail(found, after));
    }

    // token matches token.refreshed and token.revoked.
    private static bool Matches(string name, string? filter) =>
        filter is null || name == filter || name.StartsWith($"{filter}.", StringComparison.Ordinal);
}

/// <param name="Next">
/// Ask again with it as <c>after</c>; null at the end. A page of a filtered trail may be short, or empty, before that.
/// </param>
public sealed record AuditTrail(IReadOnlyList<AuditTrailEntry> Entries, long? Next);
