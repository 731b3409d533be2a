using System.Reflection;
using MassTransit;

namespace Orders.Tests.Failures;

/// <summary>A consume context that holds a message and nothing else, for filters that ask for no more.</summary>
internal static class MessageContexts
{
    public static ConsumeContext<T> Of<T>(T message)
        where T : class
    {
        var context = DispatchProxy.Create<ConsumeContext<T>, Nothing>();
        ((Nothing)(object)context).Message = message;
        return context;
    }

    /// <summary>Answers with the message where it is asked for, with nothing of the right kind elsewhere.</summary>
#pragma warning disable CA1852 // DispatchProxy derives from it.
    public class Nothing : DispatchProxy
#pragma warning restore CA1852
    {
        public object? Message { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var kind = targetMethod!.ReturnType;
            return targetMethod.Name == "get_Message" ? Message
                : kind == typeof(void) ? null
                : kind == typeof(Task) ? Task.CompletedTask
                : kind.IsValueType ? Activator.CreateInstance(kind)
                : kind.IsInterface && !kind.IsGenericType ? DispatchProxy.Create(kind, typeof(Nothing))
                : null;
        }
    }
}
