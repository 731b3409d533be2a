using System.Reflection;
using System.Runtime.InteropServices;

namespace Librdkafka;

/// <summary>Makes a managed Kafka client use the librdkafka that the operating system installed (Debian: package librdkafka1).</summary>
public static class SystemLibrdkafka
{
    private const string SharedObject = "librdkafka.so.1";
    private static readonly Lock Gate = new();
    private static readonly HashSet<Assembly> Resolved = [];

    /// <summary>
    /// Resolves the native library of <paramref name="client"/> from the system; call it before the first client is built.
    /// </summary>
    /// <exception cref="DllNotFoundException">The library is not installed; the message says which package brings it.</exception>
    public static void UseFor(Assembly client)
    {
        lock (Gate)
        {
            if (!Resolved.Add(client))
            {
                return;
            }

            if (!NativeLibrary.TryLoad(SharedObject, out var handle))
            {
                Resolved.Remove(client);
                throw new DllNotFoundException(
                    $"{SharedObject} was not found. Install it with: apt-get install librdkafka1");
            }

            NativeLibrary.SetDllImportResolver(client, (name, _, _) => name.Contains("librdkafka", StringComparison.Ordinal) ? handle : 0);
        }
    }
}
