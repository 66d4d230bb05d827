// Runs model.tflite on Android: put it into app/src/main/assets and add
//   implementation("com.google.ai.edge.litert:litert:1.0.1")
// How a picture becomes the input stands in metadata.json under "preprocessing".
import android.content.Context
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import org.tensorflow.lite.Interpreter

class Predictor(context: Context, asset: String = "model.tflite") : AutoCloseable {
    private val interpreter = context.assets.openFd(asset).use { file ->
        file.createInputStream().channel.use {
            Interpreter(it.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength))
        }
    }

    /** Outputs of the model, each as the bytes of its tensor, for an input that is laid out as `metadata.json` says. */
    fun predict(input: ByteBuffer): Map<Int, ByteBuffer> {
        val outputs = (0 until interpreter.outputTensorCount).associateWith {
            ByteBuffer.allocateDirect(interpreter.getOutputTensor(it).numBytes()).order(ByteOrder.nativeOrder())
        }
        interpreter.runForMultipleInputsOutputs(arrayOf(input), outputs)
        return outputs
    }

    override fun close() = interpreter.close()
}
