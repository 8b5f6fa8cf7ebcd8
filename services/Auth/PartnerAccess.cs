using Microsoft.AspNetCore.Mvc;
using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Credentials;
using Partner.Auth.Idempotency;
using Partner.Auth.IngestKeys;
using Partner.Auth.Webhooks;

namespace Partner.Auth;

/// <summary>Access to the partner API: the gateway's token says which credential and role is behind the call.</summary>
internal static class PartnerAccess
{
    /// <summary>More than anything that this API takes.</summary>
    public const int MaxBodyBytes = 256 * 1024;

    /// <summary>For a group of the partner API: roles, and an <c>Idempotency-Key</c> on every POST.</summary>
    public static RouteGroupBuilder RequirePartner(this RouteGroupBuilder group)
    {
        group.RequireCaller("partner").RequirePartnerRole();
        return group.WithMetadata(PartnerEndpoint.Instance, new RequestSizeLimitAttribute(MaxBodyBytes));
    }

    public static void MapPartnerApi(this IEndpointRouteBuilder routes)
    {
        routes.MapTenants();
        routes.MapConnectSessions();
        routes.MapConnections();
        routes.MapIngestKeys();
        routes.MapCredentials();
        routes.MapWebhooks();
    }

    public static void UseIdempotencyKeys(this WebApplication app) => app.UseMiddleware<IdempotencyKeys>();
}

/// <summary>Marks an endpoint of the partner API.</summary>
internal sealed record PartnerEndpoint
{
    public static readonly PartnerEndpoint Instance = new();
}
