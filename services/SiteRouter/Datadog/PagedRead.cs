using System.Text.Json;
using Partner.DatadogClient;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// <c>?all=true</c>: every page of an answer as JSON lines, one item a line, as far as the reader takes them; no more
/// than one page is held. A page that fails after the first line has gone is told of in a last line,
/// <c>{"$incomplete":{...}}</c>: without one, and with the response ended, everything was there.
/// </summary>
internal sealed class PagedRead(PageClient client)
{
    private const string ContentType = "application/x-ndjson";

    public async Task RunAsync(HttpContext context, Call call)
    {
        var body = await ReplayableBody.TakeAsync(context.Request, context.RequestAborted);
        if (PageCursor.Start(call.Endpoint.Paging!, call.Target.Query, body.Kept) is not { } pages)
        {
            var problem =
                call.Endpoint.Paging!.Style == PagingStyle.BodyCursor ? CallProblem.BadSearch : CallProblem.BodyOfARead;
            await problem.WriteAsync(context);
            return;
        }

        var lines = new JsonLines(context.Response.BodyWriter);
        var state = new PagedReadState(
            call,
            new HttpMethod(context.Request.Method),
            new GrantedCall(call.Connection, call.Endpoint.Key)
        );
        for (var step = PageStep.More; step == PageStep.More; )
        {
            using var page = await client.AskAsync(state, pages, context.RequestAborted);
            var failure = page.Failure;
            if (failure is null && (page.Content is not { } answer || pages.ItemsOf(answer) is not { }))
            {
                failure = CallProblem.UnreadablePage;
            }

            if (failure is null)
            {
                var items = pages.ItemsOf(page.Content!.Value)!.Value;
                step = pages.Next(page.Content.Value, items.GetArrayLength());
                failure = step == PageStep.Loop ? CallProblem.UnreadablePage : null;
                await WriteAsync(context, lines, items);
            }

            if (failure is not null)
            {
                await FailAsync(context, lines, page, failure);
                return;
            }
        }
    }

    private static async Task WriteAsync(HttpContext context, JsonLines lines, JsonElement items)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = ContentType;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.StartAsync(context.RequestAborted);
        }

        foreach (var item in items.EnumerateArray())
        {
            await lines.WriteAsync(item, context.RequestAborted);
        }

        await lines.FlushAsync(context.RequestAborted);
    }

    private static async Task FailAsync(HttpContext context, JsonLines lines, DatadogPage page, CallProblem failure)
    {
        if (context.Response.HasStarted)
        {
            await lines.WriteIncompleteAsync(failure, context.RequestAborted);
        }
        else if (page.Refusal is { } refusal)
        {
            context.Response.StatusCode = (int)refusal.StatusCode;
            CallHeaders.CopyAnswer(refusal, context.Response);
            await refusal.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        else
        {
            await failure.WriteAsync(context);
        }
    }
}
