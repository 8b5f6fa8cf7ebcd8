namespace Partner.Gateway.Grpc;

/// <summary>
/// A request that came as gRPC: a feature of it from before anything is decided until <see cref="GrpcAnswers"/> answers
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
/// </summary>
/// <param name="IsServed">The path is a method of ours.</param>
internal sealed record GrpcCall(bool IsServed)
{
    public const string ContentType = "application/grpc";

    /// <summary>What the gateway itself refused it with; null: the answer is a service's.</summary>
    public HttpRejection? Refusal { get; set; }

    /// <summary>By HTTP/1.1 there are no trailers that every client reads, so it is no gRPC there.</summary>
    public static bool IsOne(HttpRequest request) =>
        !request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal) && IsGrpc(request.ContentType);

    // gRPC-Web (application/grpc-web) is another protocol.
    private static bool IsGrpc(string? contentType) =>
        contentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');
}
