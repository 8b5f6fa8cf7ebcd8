using System.Buffers.Binary;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;
using Partner.Gateway.Keys;
using Code = Google.Rpc.Code;

namespace Partner.Gateway.Grpc;

/// <summary>
/// The outermost of the pipeline, so that whoever refuses a gRPC request, it is answered as gRPC. All that is within sees
/// a request and an answer of HTTP: limits, the access log and its metrics are those of OTLP over HTTP. An answer is held
/// in memory, for its status decides where that stands; only the senders' answers come here, which are some words.
/// </summary>
internal sealed class GrpcAnswers(RequestDelegate next, IOptions<SendersOptions> senders)
{
    private readonly HashSet<string?> _methods =
    [
        .. senders.Value.Values.SelectMany(sender => sender.Routes).Select(route => route.GrpcPath),
    ];

    public Task InvokeAsync(HttpContext context) =>
        GrpcCall.IsOne(context.Request) ? AnswerAsync(context) : next(context);

    private async Task AnswerAsync(HttpContext context)
    {
        var call = new GrpcCall(_methods.Contains(context.Request.Path.Value));
        context.Features.Set(call);
        var response = context.Response;
        var wire = response.Body;
        using var answer = new MemoryStream();
        response.Body = answer;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = wire;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var (status, type) = (response.StatusCode, response.ContentType);
        var code = call.Refusal?.Grpc ?? GrpcStatus.Of(status, isKnown: context.Features.Get<IngestKey>() is not null);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcCall.ContentType;
        response.ContentLength = null;
        response.Headers.GrpcAcceptEncoding = GrpcMessage.Encodings;
        if (code == Code.Ok)
        {
            response.AppendTrailer("grpc-status", "0");
            await WriteAsync(context, type == GrpcMessage.Protobuf ? answer.ToArray() : []);
            return;
        }

        GrpcStatus.Write(response.Headers, code, call.Refusal?.Text ?? GrpcStatus.TextOf(status, answer.ToArray()));
    }

    private static Task WriteAsync(HttpContext context, byte[] message)
    {
        var framed = new byte[GrpcMessage.PrefixLength + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, GrpcMessage.PrefixLength);
        return context.Response.Body.WriteAsync(framed, context.RequestAborted).AsTask();
    }
}
