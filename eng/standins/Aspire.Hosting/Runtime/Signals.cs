using System.Runtime.InteropServices;

namespace Aspire.Hosting.Runtime;

internal static class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    public static void Send(int processId, int signal) => _ = NativeKill(processId, signal);

    /// <summary>A child leads a group of its own, whose id is the child's.</summary>
    public static void SendToGroup(int processId, int signal) => _ = NativeKill(-processId, signal);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int NativeKill(int processId, int signal);
}
