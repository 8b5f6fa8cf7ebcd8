using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Egress;

namespace Partner.Auth.Webhooks;

/// <summary>Where the partner's backend hears of state changes.</summary>
internal static class WebhookApi
{
    private const int MostPerPage = 200;
    private const int UsualPerPage = 50;

    public static RouteGroupBuilder MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/webhooks").RequirePartner();
        group.MapPost("/", Create).WithSummary("Adds an endpoint; the answer is the only one that shows its secret");
        group.MapGet("/", List).WithSummary("Lists the endpoints");
        group.MapGet("/{id:guid}", Get).WithSummary("Shows an endpoint");
        group.MapDelete("/{id:guid}", Delete).WithSummary("Removes an endpoint and what waits for it");
        group
            .MapPost("/{id:guid}/secret", Rotate)
            .WithSummary("Makes a new secret; messages carry a signature by the old one too for a day");
        group.MapPost("/{id:guid}/test", Test).WithSummary("Sends a message of type webhook.test now");
        group.MapPost("/{id:guid}/enable", Enable).WithSummary("Goes on with an endpoint that was disabled");
        group.MapGet("/{id:guid}/deliveries", Deliveries).WithSummary("Lists events and how far they have come");
        group.MapPost("/{id:guid}/replay", Replay).WithSummary("Sends events again, from one or from a time on");
        return group;
    }

    private static async Task<Results<Created<CreatedWebhook>, ProblemHttpResult>> Create(
        CreateWebhook request,
        HttpContext context,
        WebhookStore store,
        WebhookSecrets secrets,
        PublicUrls urls,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (!Uri.TryCreate(request.Url, UriKind.Absolute, out var url))
        {
            return PartnerProblems.BadRequest("webhook-url", "It is not an absolute URL.");
        }

        if (urls.Refuses(url) is { } refusal)
        {
            return PartnerProblems.BadRequest("webhook-url", refusal);
        }

        string[] types = [.. (request.Types ?? []).Distinct()];
        if (types.Except(WebhookEventTypes.All).FirstOrDefault() is not null)
        {
            return PartnerProblems.BadRequest(
                "webhook-types",
                $"The types are: {string.Join(", ", WebhookEventTypes.All)}."
            );
        }

        var (id, secret) = (Guid.CreateVersion7(), WebhookSignature.NewSecret());
        var sealedSecret = await secrets.SealAsync(id, secret, cancellationToken);
        if (!await store.AddAsync(id, url, types, sealedSecret, cancellationToken))
        {
            return PartnerProblems.Conflict(
                "too-many-webhooks",
                $"There are {WebhookStore.Most} endpoints; remove one first."
            );
        }

        // Not the whole URL: with many receivers its path is what proves the caller.
        await auditor.WriteForPartnerAsync(
            "webhook.created",
            context.Actor(),
            Named(id),
            ("host", url.Authority),
            ("types", types is [] ? null : string.Join(' ', types))
        );
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/partner/v1/webhooks/{id}",
            new CreatedWebhook(id, url.AbsoluteUri, types, secret)
        );
    }

    private static async Task<Ok<WebhookList>> List(WebhookStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(new WebhookList([.. (await store.ListAsync(cancellationToken)).Select(WebhookView.Of)]));

    private static async Task<Results<Ok<WebhookView>, ProblemHttpResult>> Get(
        Guid id,
        WebhookStore store,
        CancellationToken cancellationToken
    ) =>
        await store.FindAsync(id, cancellationToken) is { } found
            ? TypedResults.Ok(WebhookView.Of(found))
            : PartnerProblems.NotFound("webhook");

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(
        Guid id,
        HttpContext context,
        WebhookStore store,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (!await store.RemoveAsync(id, cancellationToken))
        {
            return PartnerProblems.NotFound("webhook");
        }

        await auditor.WriteForPartnerAsync("webhook.deleted", context.Actor(), Named(id));
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<RotatedWebhookSecret>, ProblemHttpResult>> Rotate(
        Guid id,
        HttpContext context,
        WebhookStore store,
        WebhookSecrets secrets,
        Auditor auditor,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var (secret, until) = (WebhookSignature.NewSecret(), time.GetUtcNow() + WebhookSecrets.Overlap);
        var sealedSecret = await secrets.SealAsync(id, secret, cancellationToken);
        if (!await store.RotateAsync(id, sealedSecret, until, cancellationToken))
        {
            return PartnerProblems.NotFound("webhook");
        }

        await auditor.WriteForPartnerAsync("webhook.secret_rotated", context.Actor(), Named(id));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new RotatedWebhookSecret(secret, until));
    }

    private static async Task<Results<Ok<WebhookTestResult>, ProblemHttpResult>> Test(
        Guid id,
        HttpContext context,
        WebhookStore store,
        WebhookSecrets secrets,
        WebhookClient client,
        Auditor auditor,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (await store.FindAsync(id, cancellationToken) is not { } webhook)
        {
            return PartnerProblems.NotFound("webhook");
        }

        var answer = await client.SendAsync(
            webhook.Url,
            $"evt_{Guid.CreateVersion7():N}",
            WebhookEventTypes.Test,
            time.GetUtcNow(),
            new JsonObject { ["webhook"] = id.ToString() },
            await secrets.OpenAsync(webhook, cancellationToken),
            cancellationToken
        );
        await auditor.WriteForPartnerAsync("webhook.tested", context.Actor(), Named(id));
        return TypedResults.Ok(new WebhookTestResult(answer.IsDelivered, answer.Status, answer.Error));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Enable(
        Guid id,
        HttpContext context,
        WebhookStore store,
        WebhookDeliveryStore deliveries,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (!await store.EnableAsync(id, cancellationToken))
        {
            return PartnerProblems.NotFound("webhook");
        }

        await deliveries.HurryAsync(id, cancellationToken);
        await auditor.WriteForPartnerAsync("webhook.enabled", context.Actor(), Named(id));
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<DeliveryList>, ProblemHttpResult>> Deliveries(
        Guid id,
        string? after,
        WebhookStore store,
        WebhookDeliveryHistory history,
        CancellationToken cancellationToken,
        [AllowedValues("pending", "delivered", "failed", null)] string? state = null,
        [Range(1, MostPerPage)] int limit = UsualPerPage
    )
    {
        if (await store.FindAsync(id, cancellationToken) is null)
        {
            return PartnerProblems.NotFound("webhook");
        }

        if (after is not null && !long.TryParse(after, CultureInfo.InvariantCulture, out _))
        {
            return PartnerProblems.BadRequest("after", "It is the next of an earlier answer.");
        }

        long? before = after is null ? null : long.Parse(after, CultureInfo.InvariantCulture);
        var found = await history.ListAsync(id, before, state, limit + 1, cancellationToken);
        return TypedResults.Ok(
            found.Count <= limit
                ? new DeliveryList(found, null)
                : new DeliveryList(
                    [.. found.Take(limit)],
                    found[limit - 1].Position.ToString(CultureInfo.InvariantCulture)
                )
        );
    }

    private static async Task<Results<Ok<ReplayedWebhook>, ProblemHttpResult>> Replay(
        Guid id,
        ReplayWebhook request,
        HttpContext context,
        WebhookStore store,
        WebhookDeliveryHistory history,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (request.FromEvent is null == request.From is null)
        {
            return PartnerProblems.BadRequest("replay", "Either from_event or from says where to begin.");
        }

        if (await store.FindAsync(id, cancellationToken) is null)
        {
            return PartnerProblems.NotFound("webhook");
        }

        var position = request.FromEvent is null
            ? null
            : await history.FindEventAsync(request.FromEvent, cancellationToken);
        if (request.FromEvent is not null && position is null)
        {
            return PartnerProblems.NotFound("event");
        }

        var events = await history.ReplayAsync(id, position, request.From, cancellationToken);
        await auditor.WriteForPartnerAsync(
            "webhook.replayed",
            context.Actor(),
            Named(id),
            ("from", request.FromEvent ?? $"{request.From:O}"),
            ("events", $"{events}")
        );
        return TypedResults.Ok(new ReplayedWebhook(events));
    }

    private static (string, string?) Named(Guid id) => ("webhook", id.ToString());
}
